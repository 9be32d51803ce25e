// Keeps what a reader writes into a worksheet: in this browser, and nowhere else.
(() => {
  "use strict";
  const fields = [...document.querySelectorAll("textarea[data-worksheet]")];
  const place = (field) => `worksheet:${field.dataset.worksheet}:${field.name}`;
  const mirror = (field) => {
    const paper = field.parentElement.querySelector(".worksheet-print");
    if (paper) paper.textContent = field.value;
  };
  const say = (text) => document.querySelectorAll(".worksheet-status").forEach((status) => {
    if (status.textContent !== text) status.textContent = text;
  });

  let storage = null;
  try {
    storage = window.localStorage;
    storage.setItem("worksheet:", "");
    storage.removeItem("worksheet:");
  } catch {
    storage = null;
  }
  const kept = storage
    ? "What you write is kept in this browser only. It is sent nowhere."
    : "This browser keeps nothing for this page: print it or save it as a PDF before you leave.";

  for (const field of fields) {
    if (storage) field.value = storage.getItem(place(field)) ?? field.value;
    mirror(field);
    field.addEventListener("input", () => {
      mirror(field);
      say(kept);
      if (!storage) return;
      try {
        if (field.value) storage.setItem(place(field), field.value);
        else storage.removeItem(place(field));
      } catch {
        say("This browser has no room left: print the page before you leave.");
      }
    });
  }

  for (const tools of document.querySelectorAll("[data-worksheet-tools]")) {
    const mine = fields.filter((field) => field.dataset.worksheet === tools.dataset.worksheetTools);
    tools.querySelector("[data-action=print]").addEventListener("click", () => window.print());
    tools.querySelector("[data-action=clear]").addEventListener("click", () => {
      const written = mine.filter((field) => field.value);
      if (!written.length) return say("There is nothing to clear.");
      if (!window.confirm("Clear all answers on this worksheet? They cannot be brought back.")) return;
      for (const field of written) {
        field.value = "";
        field.dispatchEvent(new Event("input"));
      }
      say("All answers are cleared.");
    });
    tools.querySelectorAll("[hidden]").forEach((button) => { button.hidden = false; });
  }
  say(kept);
})();
