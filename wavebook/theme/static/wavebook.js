// Makes the drawn charts interactive, and lists the site's other editions.
// Without this script every page is complete: charts are SVG, editions are at the site's front page.
(function () {
  "use strict";

  function enliven(figure) {
    const graphic = figure.querySelector(".wavebook-graphic");
    const script = figure.querySelector("script.wavebook-spec");
    if (!graphic || !script || typeof window.wavebookEmbed !== "function") return;
    const spec = JSON.parse(script.textContent);
    // A canvas measures text only in a font whose name is quoted, as it holds a digit.
    spec.config = Object.assign({}, spec.config, { font: '"Source Sans 3", sans-serif' });
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

  // An edition never changes; whoever reads an old one should know that there is a newer.
  function mentionNewer() {
    const here = document.querySelector("[data-edition]");
    const all = window.wavebookEditions;
    if (!here || !Array.isArray(all)) return;
    const mine = all.find(function (e) { return e.edition === here.dataset.edition; });
    const newer = mine && all.find(function (e) { return e.wave === mine.wave; });
    if (!newer || newer.edition === mine.edition) return;
    const article = document.querySelector("article");
    const note = document.createElement("p");
    note.className = "wavebook-newer";
    note.setAttribute("role", "status");
    const link = document.createElement("a");
    link.href = here.dataset.site + newer.edition + "/html/index.html";
    link.textContent = "edition " + newer.edition;
    note.append("There is a newer version of this report: ", link, ".");
    article.prepend(note);
  }

  function start() {
    mentionNewer();
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
