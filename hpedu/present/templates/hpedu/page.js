// Replaces a chart's picture by the interactive chart shortly before it comes into view. Where this does not
// run, and on paper, the picture stands.
(() => {
  "use strict";

  const draw = async (figure) => {
    const picture = figure.querySelector(".picture");
    const spec = JSON.parse(figure.querySelector("script").textContent);
    const live = document.createElement("div");
    live.className = "live";
    picture.append(live);
    try {
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
