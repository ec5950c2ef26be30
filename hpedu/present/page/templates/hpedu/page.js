// Makes charts answer the pointer, and adds what needs a script: choosing lines, downloads, links to copy.
// Where this does not run, and on paper, the picture and the table stand.
(() => {
  "use strict";

  // The chart library and the specs come packed, a third of their size or less. The page's policy knows the digest
  // of the library and lets it run.
  const unpack = async (id) => {
    const packed = Uint8Array.from(atob(document.getElementById(id).textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  };
  let library, charts;
  const loadLibrary = async () => {
    const script = document.createElement("script");
    script.textContent = await unpack("library");
    document.head.append(script);
  };
  const find = async (figure) => (await (charts ??= unpack("charts").then(JSON.parse)))[figure.dataset.index];

  // Each layer carries its rows: a line is hidden by leaving its own out.
  const rowsOf = (layer) => layer.data?.values ?? [];
  const choose = (spec, hidden) => ({
    ...spec,
    layer: spec.layer.map((layer) =>
      layer.data ? { ...layer, data: { values: rowsOf(layer).filter((row) => !hidden.has(row.series)) } } : layer,
    ),
  });
  const embed = async (place, spec) => {
    await (library ??= loadLibrary());
    // ast: expressions are interpreted, not compiled, so the page needs no 'unsafe-eval'.
    return vegaEmbed(place, spec, { actions: false, renderer: "svg", ast: true });
  };

  const draw = async (figure) => {
    const picture = figure.querySelector(".picture");
    let live = picture.querySelector(".live");
    if (!live) {
      live = document.createElement("div");
      live.className = "live";
      live.setAttribute("aria-hidden", "true"); // the picture as a whole is labelled
      picture.append(live);
    }
    try {
      const { spec } = await find(figure);
      await embed(live, choose(spec, figure.hiddenSeries));
      picture.classList.add("is-live");
    } catch (error) {
      live.remove();
      console.warn(figure.id, error);
    }
  };

  const save = (name, content, type) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([content], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  };
  const breakLines = (text, letters) =>
    text.split(" ").reduce((lines, word) => {
      const last = `${lines.at(-1)} ${word}`.trim();
      return last.length > letters ? [...lines, word] : [...lines.slice(0, -1), last];
    }, [""]);
  const savers = {
    csv: async ({ csv }) => [csv, "text/csv"],
    svg: async (chart, view) => ['<?xml version="1.0"?>\n' + (await view.toSVG()), "image/svg+xml"],
    png: async (chart, view) => {
      const canvas = await view.toCanvas(2);
      return [await new Promise((done) => canvas.toBlob(done, "image/png")), "image/png"];
    },
  };
  const download = async (figure, kind) => {
    const chart = await find(figure);
    let view;
    const place = document.createElement("div");
    if (kind !== "csv") {
      // Out of the page a picture needs its title.
      const title = { ...chart.spec.title, text: breakLines(chart.title, 72) };
      view = (await embed(place, choose({ ...chart.spec, title, width: 640 }, figure.hiddenSeries))).view;
    }
    const [content, type] = await savers[kind](chart, view);
    view?.finalize();
    save(`${chart.file}.${kind}`, content, type);
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

  const offerSeries = async (figure, fields) => {
    const { spec } = await find(figure);
    const names = [...new Set(spec.layer.flatMap(rowsOf).map((row) => row.series).filter(Boolean))];
    if (names.length < 2) return;
    for (const name of names) {
      const label = document.createElement("label");
      const box = document.createElement("input");
      box.type = "checkbox";
      box.checked = true;
      box.addEventListener("change", () => {
        figure.hiddenSeries[box.checked ? "delete" : "add"](name);
        const boxes = [...fields.querySelectorAll("input")];
        const shown = boxes.filter((one) => one.checked);
        for (const one of boxes) one.disabled = shown.length === 1 && one.checked; // an empty chart says nothing
        draw(figure);
      });
      label.append(box, ` ${name}`);
      fields.append(label);
    }
    fields.hidden = false;
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

  const watch = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        watch.unobserve(target);
        draw(target);
      }
    },
    { rootMargin: "600px 0px" },
  );
  document.querySelectorAll("figure.chart").forEach((figure, index) => {
    figure.dataset.index = index;
    figure.hiddenSeries = new Set();
    equip(figure);
    watch.observe(figure);
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
