// Makes charts answer the pointer, and adds what needs a script: choosing lines, downloads, links to copy.
// Where this does not run, and on paper, the picture and the table stand.
(() => {
  "use strict";

  let charts;
  const unpack = async () => {
    const packed = Uint8Array.from(atob(document.getElementById("charts").textContent), (c) => c.charCodeAt(0));
    return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
  };
  const save = (name, content, type) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([content], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  };
  // The picture as a file: on paper white, in the colours that stand in it, without the lines that are not shown.
  const write = (figure) => {
    const picture = figure.querySelector(".wide svg").cloneNode(true);
    picture.querySelectorAll("[hidden]").forEach((line) => line.remove());
    picture.setAttribute("style", "background:#fff");
    const [, , width, height] = picture.getAttribute("viewBox").split(" ").map(Number);
    const shape = { viewBox: `-10 -10 ${width + 20} ${height + 20}`, width: width + 20, height: height + 20 };
    for (const [name, value] of Object.entries(shape)) picture.setAttribute(name, value);
    return new XMLSerializer().serializeToString(picture).replace(/var\(--\w+,(#\w+)\)/g, "$1");
  };
  const savers = {
    csv: (figure, { csv }) => [csv, "text/csv"],
    svg: (figure) => ['<?xml version="1.0"?>\n' + write(figure), "image/svg+xml"],
    // To be set into another page: the picture with its title and source, and the table under it.
    html: (figure) => {
      const part = document.createElement("figure");
      part.lang = document.documentElement.lang;
      part.innerHTML = write(figure) + figure.querySelector(".numbers table").outerHTML;
      part.querySelectorAll(".cite").forEach((link) => link.remove());
      return [`<!doctype html><meta charset="utf-8">${part.outerHTML}`, "text/html"];
    },
    png: async (figure) => {
      const image = new Image();
      image.src = "data:image/svg+xml," + encodeURIComponent(write(figure));
      await image.decode();
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [2 * image.width, 2 * image.height];
      const brush = canvas.getContext("2d");
      brush.fillStyle = "#fff";
      brush.fillRect(0, 0, canvas.width, canvas.height);
      brush.drawImage(image, 0, 0, canvas.width, canvas.height);
      return [await new Promise((done) => canvas.toBlob(done, "image/png")), "image/png"];
    },
  };
  const download = async (figure, kind) => {
    const chart = (await (charts ??= unpack()))[figure.dataset.index];
    save(`${chart.file}.${kind}`, ...(await savers[kind](figure, chart)));
  };

  const copy = async (id, status) => {
    const link = new URL(`#${id}`, location.href).href;
    try {
      await navigator.clipboard.writeText(link);
      status.textContent = status.dataset.done;
    } catch {
      // No leave to write to the clipboard: show the link, selected, to be copied by hand.
      const field = document.createElement("input");
      field.readOnly = true;
      field.value = link;
      field.setAttribute("aria-label", status.dataset.label);
      status.replaceChildren(field);
      field.select();
    }
  };
  const readyCopy = (root, id) => {
    const status = root.querySelector("[role=status]");
    root.querySelector("[data-copy]").addEventListener("click", () => copy(id, status));
  };

  const linesOf = (figure) => [...figure.querySelectorAll(".picture [data-series]")];
  const offerSeries = (figure, fields) => {
    const names = [...new Set(linesOf(figure).map((line) => line.dataset.series))];
    if (names.length < 2) return;
    for (const name of names) {
      const label = document.createElement("label");
      const box = document.createElement("input");
      box.type = "checkbox";
      box.checked = true;
      box.addEventListener("change", () => {
        for (const line of linesOf(figure)) {
          if (line.dataset.series === name) line.toggleAttribute("hidden", !box.checked);
        }
        const boxes = [...fields.querySelectorAll("input")];
        const shown = boxes.filter((one) => one.checked);
        for (const one of boxes) one.disabled = shown.length === 1 && one.checked; // an empty chart says nothing
      });
      label.append(box, ` ${name}`);
      fields.append(label);
    }
    fields.hidden = false;
  };

  // The pointer is told the row of the data table that lies under it.
  const tell = (figure) => {
    const tip = document.createElement("div");
    tip.className = "tip";
    tip.hidden = true;
    tip.setAttribute("aria-hidden", "true"); // the table says the same
    figure.querySelector(".picture").append(tip);
    const [heads, rows] = ["thead th", "tbody tr"].map((place) => [...figure.querySelectorAll(`.numbers ${place}`)]);
    const read = (cell) => [...cell.childNodes].filter((node) => node.className !== "cite").map((node) => node.textContent).join("");
    const point = (event, plot) => {
      const svg = plot.ownerSVGElement;
      const [first, step] = plot.dataset.rows.split(" ").map(Number);
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse()).x;
      const row = rows[Math.round((at - first) / step)];
      tip.hidden = !row;
      if (!row) return;
      tip.replaceChildren(
        ...[...row.cells].map((cell, index) => {
          const line = document.createElement("div");
          line.textContent = index ? `${heads[index].textContent}: ${read(cell)}` : read(cell);
          return line;
        }),
      );
      const around = tip.parentElement.getBoundingClientRect();
      const left = event.clientX - around.left;
      const right = left > around.width / 2;
      tip.style.cssText = `top:${event.clientY - around.top + 12}px;` +
        (right ? `right:${around.width - left + 12}px` : `left:${left + 12}px`);
    };
    for (const plot of figure.querySelectorAll("[data-rows]")) {
      plot.addEventListener("pointermove", (event) => point(event, plot));
      plot.addEventListener("pointerdown", (event) => point(event, plot));
      plot.addEventListener("pointerleave", () => { tip.hidden = true; });
    }
  };

  const clone = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);
  const equip = (figure) => {
    const tools = clone("tools");
    readyCopy(tools, figure.id);
    for (const button of tools.querySelectorAll("[data-save]")) {
      button.addEventListener("click", () => download(figure, button.dataset.save));
    }
    tools.addEventListener("toggle", () => offerSeries(figure, tools.querySelector("fieldset")), { once: true });
    figure.append(tools);
  };

  document.querySelectorAll("figure.chart").forEach((figure, index) => {
    figure.dataset.index = index;
    equip(figure);
    tell(figure);
  });
  for (const heading of document.querySelectorAll(".target > [id]")) {
    const offer = clone("copy");
    offer.querySelector("button").setAttribute("aria-describedby", heading.id);
    readyCopy(offer, heading.id);
    heading.after(offer);
  }

  // A link to something folded away unfolds it; browsers differ in doing so themselves.
  const unfold = () => {
    const target = document.querySelector(":target");
    for (let fold = target?.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    target?.scrollIntoView();
  };
  addEventListener("hashchange", unfold);
  unfold();

  // A table that fits needs no stop on the way through the page by keyboard.
  const settle = () => {
    for (const region of document.querySelectorAll(".scroll")) {
      if (region.clientWidth === 0) continue;
      region.tabIndex = region.scrollWidth > region.clientWidth ? 0 : -1;
    }
  };
  settle();
  addEventListener("resize", settle);
  document.addEventListener("toggle", settle, true);
})();
