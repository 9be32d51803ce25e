// Makes the drawn charts interactive, and lists the site's other editions.
// Without this script every page is complete: charts are SVG, editions are at the site's front page.
(function () {
  "use strict";

  // On a narrow screen the plot shrinks and its labels wrap earlier, rather than the letters.
  function fit(spec, room) {
    const labels = 190, least = 130;
    if (typeof spec.width !== "number" || spec.width + labels <= room) return;
    spec.width = Math.max(least, room - labels);
    spec.config = spec.config || {};
    spec.config.axis = Object.assign({}, spec.config.axis, { labelLimit: 125, labelFontSize: 12 });
    spec.config.legend = Object.assign({}, spec.config.legend, { columns: 2, labelFontSize: 12 });
  }

  function enliven(figure) {
    const graphic = figure.querySelector(".wavebook-graphic");
    const script = figure.querySelector("script.wavebook-spec");
    if (!graphic || !script || typeof window.wavebookEmbed !== "function") return;
    const spec = JSON.parse(script.textContent);
    fit(spec, graphic.clientWidth);
    const living = document.createElement("div");
    living.style.position = "absolute";
    living.style.visibility = "hidden";
    graphic.appendChild(living);
    window.wavebookEmbed(living, spec, { actions: false, renderer: "svg", ast: true, tooltip: { theme: "light" } })
      .then(function () {
        const drawn = graphic.querySelector(":scope > svg");
        if (drawn) drawn.remove();
        living.removeAttribute("style");
        const svg = living.querySelector("svg");
        if (svg) {
          // The figure's wrapper carries the text alternative; single marks would be read out twice.
          svg.setAttribute("aria-hidden", "true");
          if (!svg.hasAttribute("viewBox")) {
            svg.setAttribute("viewBox", "0 0 " + svg.getAttribute("width") + " " + svg.getAttribute("height"));
          }
        }
        figure.dataset.interactive = "true";
      })
      .catch(function () { living.remove(); });  // the drawn chart stays
  }

  function start() {
    const figures = document.querySelectorAll("figure.wavebook-chart");
    if (!figures.length) return;
    // Charts are measured with the font they are drawn in.
    (document.fonts ? document.fonts.load('13px "Source Sans 3"') : Promise.resolve()).then(function () {
      figures.forEach(enliven);
    });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
