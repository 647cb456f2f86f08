// Behaviour that every page shares; the pages work without it wherever a plain form or link can do the work.
(() => {
  "use strict";
  document.addEventListener("click", (event) => {
    const toggle = event.target.closest("[data-toggles]");
    if (toggle) {
      const target = document.getElementById(toggle.dataset.toggles);
      const open = toggle.getAttribute("aria-expanded") !== "true";
      toggle.setAttribute("aria-expanded", String(open));
      target.classList.toggle("open", open);
    }
    const dismiss = event.target.closest("[data-dismisses]");
    if (dismiss) dismiss.closest("." + dismiss.dataset.dismisses).remove();
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens).showModal();
    const closer = event.target.closest("[data-closes]");
    if (closer) closer.closest("dialog").close();
    const copier = event.target.closest("[data-copies]");
    if (copier) {
      navigator.clipboard.writeText(document.getElementById(copier.dataset.copies).textContent.trim()).then(() => announce("Copied"));
    }
  });
  document.addEventListener("submit", (event) => {
    const question = event.target.dataset.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
  });
  // Where the connection breaks, say so instead of leaving a button that seems to do nothing.
  document.addEventListener("htmx:sendError", () => {
    const place = document.getElementById("alerts");
    place.textContent = "";
    const box = document.createElement("div");
    box.className = "alert bad";
    box.textContent = "The server cannot be reached. Nothing was lost; try again when you are connected.";
    place.append(box);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const words = event.detail.target.querySelector("[data-announce]");
    if (words) announce(words.dataset.announce);
    if (event.detail.target.id === "alerts") event.detail.target.scrollIntoView({ block: "nearest" });
  });
  function announce(words) {
    const place = document.getElementById("announcer");
    place.textContent = "";
    window.setTimeout(() => { place.textContent = words; }, 50);
  }
  window.journey = { announce };
})();
