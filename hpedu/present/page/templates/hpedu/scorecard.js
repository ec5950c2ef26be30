// Puts the rows of a scorecard into another order. Where this does not run, the first order stands.
for (const order of document.querySelectorAll(".order")) {
  const body = order.parentElement.querySelector("table.scorecard tbody");
  const buttons = [...order.querySelectorAll("button")];
  const compare = (key) => (a, b) =>
    key === "division"
      ? a.dataset.division.localeCompare(b.dataset.division, document.documentElement.lang) ||
        a.dataset.plan - b.dataset.plan
      : a.dataset[key] - b.dataset[key];
  for (const button of buttons) {
    button.addEventListener("click", () => {
      body.append(...[...body.rows].sort(compare(button.dataset.order)));
      for (const one of buttons) one.setAttribute("aria-pressed", String(one === button));
    });
  }
  order.hidden = false;
}
