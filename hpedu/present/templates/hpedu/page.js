// Replaces a chart's picture by the interactive chart shortly before it comes into view. Where this does not
// run, and on paper, the picture stands.
(() => {
  "use strict";

  // The chart library comes packed, a third of its size; the page's policy knows its digest and lets it run.
  const unpack = async () => {
    const packed = Uint8Array.from(atob(document.getElementById("library").textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    document.head.append(script);
  };
  let library;

  const draw = async (figure) => {
    const picture = figure.querySelector(".picture");
    const spec = JSON.parse(figure.querySelector("script").textContent);
    const live = document.createElement("div");
    live.className = "live";
    picture.append(live);
    try {
      await (library ??= unpack());
      // ast: expressions are interpreted, not compiled, so the page needs no 'unsafe-eval'.
      await vegaEmbed(live, spec, { actions: false, renderer: "svg", ast: true });
      picture.classList.add("is-live");
    } catch (error) {
      live.remove();
      console.warn(figure.id, error);
    }
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
  for (const figure of document.querySelectorAll("figure.chart")) watch.observe(figure);

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
