// A figure to cite, and a link to the lines that are chosen in a chart. Without scripts a figure leads to its cells.
(() => {
  "use strict";

  // The words of an element without what stands there only for the eye or the ear.
  const wordsOf = (element) => {
    const copied = element?.cloneNode(true);
    copied?.querySelectorAll(".division, .unseen, .key, .copy, .sign").forEach((part) => part.remove());
    copied?.querySelectorAll("br").forEach((line) => line.replaceWith(" "));
    for (const one of copied?.querySelectorAll("a[href^='#source-']") ?? []) {
      one.textContent = document.querySelector(`${one.hash} code`).textContent; // a cell is told with its file
    }
    return copied?.textContent.replace(/\s+/g, " ").trim() ?? "";
  };
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const nameOf = (link) => {
    const [row, target, table] = ["tr", ".target", "table"].map((place) => link.closest(place));
    const named = (row ?? target)?.querySelector("[data-name-of]");
    if (named) return wordsOf(named);
    if (!table) return wordsOf(document.querySelector("h1"));
    const head = table.tHead?.rows[0]?.cells[link.closest("td, th").cellIndex];
    return [table.caption, head, row.querySelector("th")].map(wordsOf).filter(Boolean).join(", ");
  };
  const copy = async (field, status) => {
    try {
      await navigator.clipboard.writeText(field.value);
      status.textContent = status.dataset.done;
    } catch {
      field.select(); // No leave to write to the clipboard: to be copied by hand.
    }
  };
  const cite = (link) => {
    const entry = document.querySelector(link.hash);
    const sources = [...entry.querySelectorAll("a")].map((one) => wordsOf(document.querySelector(`${one.hash} .named`)));
    const state = wordsOf(link.closest("tr, .target")?.querySelector(".state"));
    const note = wordsOf(link.closest("figure")?.querySelector(".note"));
    const box = document.getElementById("citation").content.firstElementChild.cloneNode(true);
    const field = box.querySelector("textarea");
    field.value = fill(box.dataset.said, {
      what: nameOf(link),
      figure: wordsOf(link.closest("td, p, li, dd")).replace(/\.$/, ""),
      caveat: [state, note].filter(Boolean).map((one) => `${one}. `).join(""),
      source: sources.join("; "),
      cells: wordsOf(entry),
      page: document.title,
    });
    box.querySelector("[data-copied]").addEventListener("click", () => copy(field, box.querySelector("[role=status]")));
    for (const away of box.querySelectorAll("a, [data-close]")) away.addEventListener("click", () => box.close());
    box.querySelector("a").href = link.hash;
    box.addEventListener("close", () => box.remove());
    link.after(box);
    box.showModal();
    field.setSelectionRange(0, 0);
    field.scrollTop = 0;
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.cite");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    cite(link);
  });

  // The lines left out of a chart stand in the address, by number, so that a copied link shows the same ones.
  const boxesOf = (figure) => [...figure.querySelectorAll("fieldset input")];
  document.addEventListener("change", ({ target }) => {
    const figure = target.closest("fieldset")?.closest("figure[id]");
    if (!figure) return;
    const hidden = [...boxesOf(figure).entries()].filter(([, box]) => !box.checked).map(([number]) => number);
    const address = new URL(location.href);
    address.searchParams.delete("hide");
    if (hidden.length) address.searchParams.set("hide", [figure.id, ...hidden].join("."));
    address.hash = figure.id;
    history.replaceState(null, "", address);
  });
  const [id, ...hidden] = (new URLSearchParams(location.search).get("hide") ?? "").split(".");
  const figure = id && document.getElementById(id);
  if (figure) {
    const hide = () => {
      const boxes = boxesOf(figure);
      if (boxes.length) watch.disconnect();
      for (const number of hidden) if (boxes[number]?.checked) boxes[number].click();
    };
    const watch = new MutationObserver(hide);
    watch.observe(figure, { childList: true, subtree: true });
    figure.querySelector("details.tools").open = true; // its boxes come with it
  }
})();
