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
  // Where what had the focus is replaced, what is made for it in its place gets it, or the first thing there that can take it.
  let isLost = false;
  document.addEventListener("htmx:beforeSwap", (event) => { isLost = event.detail.target.contains(document.activeElement); });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (!isLost || document.activeElement !== document.body) return;
    isLost = false;
    const made = event.target;
    (made.querySelector("[data-focus]") ?? made.querySelector("a[href], button, input:not([type='hidden']), [tabindex]"))?.focus();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const words = event.target.matches("[data-announce]") ? event.target : event.target.querySelector("[data-announce]");
    if (words) announce(words.dataset.announce);
    if (event.detail.target.id === "alerts") event.detail.target.scrollIntoView({ block: "nearest" });
  });
  // What was typed stays in this tab until it is sent, also where the session ends meanwhile; whoever else signs in here has
  // drafts of their own.
  const account = document.body.dataset.account;
  const draftOf = (field) => `draft ${account} ${window.location.pathname} ${field.id}`;
  const written = (root) => [...root.querySelectorAll("textarea[id]")];
  function drafts(work) {
    if (!account) return;
    try { work(window.sessionStorage); } catch { /* A browser that keeps nothing works all the same. */ }
  }
  document.addEventListener("input", (event) => {
    if (!event.target.matches("textarea[id]")) return;
    drafts((kept) => {
      if (event.target.value) kept.setItem(draftOf(event.target), event.target.value);
      else kept.removeItem(draftOf(event.target));
    });
  });
  const forget = (form) => drafts((kept) => written(form).forEach((field) => kept.removeItem(draftOf(field))));
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.getAttribute("action") === "/sign-out") drafts((kept) => kept.clear());
    else if (!event.defaultPrevented && !form.hasAttribute("hx-post")) forget(form);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    // An answer that leads to another page counts as taken too, which htmx does not say by itself.
    const status = event.detail.xhr.status;
    if (status >= 200 && status < 300 && event.detail.elt.matches("form")) forget(event.detail.elt);
  });
  document.addEventListener("DOMContentLoaded", () => drafts((kept) => {
    for (const field of written(document)) {
      const words = kept.getItem(draftOf(field));
      const around = field.closest("details");
      if (!words || (field.value && !around)) continue;
      field.value = words;
      if (around) around.open = true;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }));
  function announce(words) {
    const place = document.getElementById("announcer");
    place.textContent = "";
    window.setTimeout(() => { place.textContent = words; }, 50);
  }
  window.journey = { announce };
})();
