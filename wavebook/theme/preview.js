/* Reloads a page of the live preview when a build has changed it, and says what stopped a build. */
(() => {
  const here = location.pathname.endsWith("/") ? location.pathname + "index.html" : location.pathname;
  let box = null;
  const say = (text) => {
    box?.remove();
    box = null;
    if (!text) return;
    box = document.createElement("div");
    box.setAttribute("role", "alert");
    box.style.cssText =
      "position:fixed;inset:auto 1rem 1rem;z-index:9999;max-height:45vh;overflow:auto;white-space:pre-wrap;" +
      "background:#5a1206;color:#fff;padding:.8rem 1rem;border-radius:4px;font:.95rem/1.45 ui-monospace,monospace";
    box.textContent = text;
    document.body.append(box);
  };
  let away = false;
  const news = new EventSource("/~events");
  news.onopen = () => {
    if (away) location.reload();
  };
  news.onerror = () => {
    away = true;
  };
  news.onmessage = (event) => {
    const told = JSON.parse(event.data);
    if (told.changed?.includes(here)) location.reload();
    else say(told.problem);
  };
})();
