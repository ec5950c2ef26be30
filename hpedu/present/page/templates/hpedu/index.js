// The filter box: leaves those reports in which every word typed stands, with or without accents.
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
    for (const node of shelf.querySelectorAll(".card")) {
      items.push({ node, shelf, text: `${title} ${plain(node.textContent)}` });
    }
  }

  const filter = () => {
    const words = plain(field.value).split(" ").filter(Boolean);
    let count = 0;
    const kept = new Set();
    for (const item of items) {
      const fits = words.every((word) => item.text.includes(word));
      item.node.hidden = !fits;
      if (!fits) continue;
      count += 1;
      kept.add(item.shelf);
    }
    for (const shelf of document.querySelectorAll(".shelf")) shelf.hidden = !kept.has(shelf);
    found.textContent = words.length ? found.dataset.found.replace("{reports}", count) : "";
  };

  box.hidden = false;
  field.addEventListener("input", filter);
  filter(); // a browser that comes back to the page may still have the words in the box
})();
