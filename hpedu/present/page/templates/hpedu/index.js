// The filter box: leaves those reports and targets in which every word typed stands, with or without accents.
// Where this does not run, the box is not there and everything is listed.
(() => {
  "use strict";
  const plain = (text) =>
    text.normalize("NFD").replace(/\p{Mn}/gu, "").toLowerCase().replaceAll("đ", "d").replace(/\s+/gu, " ");
  const box = document.querySelector(".filter");
  const field = box.querySelector("input");
  const found = box.querySelector(".found");

  const items = [];
  for (const shelf of document.querySelectorAll(".shelf")) {
    const title = plain(shelf.querySelector("h2").textContent);
    const add = (kind, node) => items.push({ kind, node, shelf, text: `${title} ${plain(node.textContent)}` });
    for (const card of shelf.querySelectorAll(".card")) add("reports", card);
    for (const row of shelf.querySelectorAll("table.scorecard tbody tr")) add("targets", row);
  }

  const filter = () => {
    const words = plain(field.value).split(" ").filter(Boolean);
    const counts = { reports: 0, targets: 0 };
    const kept = new Set();
    for (const item of items) {
      const fits = words.every((word) => item.text.includes(word));
      item.node.hidden = !fits;
      if (!fits) continue;
      counts[item.kind] += 1;
      kept.add(item.shelf).add(item.node.closest("details"));
    }
    for (const shelf of document.querySelectorAll(".shelf")) shelf.hidden = !kept.has(shelf);
    for (const fold of document.querySelectorAll(".whole-scorecard")) {
      fold.hidden = !kept.has(fold);
      if (words.length && kept.has(fold)) fold.open = true;
    }
    found.textContent = words.length
      ? found.dataset.found.replace("{reports}", counts.reports).replace("{targets}", counts.targets)
      : "";
  };

  box.hidden = false;
  field.addEventListener("input", filter);
  filter(); // a browser that comes back to the page may still have the words in the box
})();
