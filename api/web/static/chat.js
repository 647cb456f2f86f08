// The conversation: streams answers into their turns, and keeps the composer in step. All of it works, less smoothly, without this.
(() => {
  "use strict";
  const RETRY_MS = [500, 1000, 2000, 4000, 8000];
  const followed = new WeakSet();
  const byId = (id) => document.getElementById(id);
  const markup = (html) => document.createRange().createContextualFragment(html);

  // The composer shows Stop while an answer is written, and Send otherwise; focus never falls off the page. A change that is
  // being made has no way to stop it: its path is empty.
  function setWriting(stopPath) {
    const [send, stop, stopper] = [byId("send"), byId("stop"), byId("stopper")];
    if (!send) return;
    const wasFocused = [send, stop].includes(document.activeElement);
    send.hidden = stopPath !== null;
    stop.hidden = !stopPath;
    if (stopPath) stopper.setAttribute("action", stopPath);
    if (wasFocused) byId("question").focus();
  }
  const isWriting = () => Boolean(byId("send")) && byId("send").hidden;

  function follow(box) {
    if (followed.has(box)) return;
    followed.add(box);
    box.closest(".turns").setAttribute("aria-busy", "true");
    setWriting(box.dataset.stop);
    let last = Number(box.dataset.after);
    let failures = 0;
    let doing = box.querySelector(".status").textContent;
    connect();

    function connect() {
      const source = new EventSource(`${box.dataset.events}?after=${last}`);
      // What arrives twice after a broken connection is taken once.
      const isFresh = (event) => {
        failures = 0;
        const number = Number(event.lastEventId);
        if (!(number > last)) return false;
        last = number;
        return true;
      };
      source.addEventListener("open", () => say(doing));
      source.addEventListener("status", (event) => {
        if (!isFresh(event)) return;
        doing = JSON.parse(event.data);
        say(doing);
      });
      source.addEventListener("sentence", (event) => {
        if (!isFresh(event)) return;
        const part = markup(event.data);
        const nodes = [...part.children];
        box.querySelector(".sentences").append(part);
        nodes.forEach((node) => window.htmx.process(node));
      });
      source.addEventListener("answer", (event) => { source.close(); finish(event.data); });
      source.addEventListener("error", () => {
        if (!box.isConnected) { source.close(); return; }
        say("The connection broke. The answer goes on being written; connecting again");
        if (source.readyState === EventSource.CLOSED) again();
      });
    }

    // The browser connects again by itself, except where the server refused: then ask for the turn as it stands.
    function again() {
      const wait = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)];
      failures += 1;
      window.setTimeout(async () => {
        if (!box.isConnected) return;
        try {
          const response = await fetch(box.dataset.part, { headers: { "HX-Request": "true", "HX-Current-URL": window.location.href } });
          if (response.headers.get("HX-Redirect")) { window.location.assign(response.headers.get("HX-Redirect")); return; }
          if (response.status === 404) { say("This conversation is not here any more"); setWriting(null); return; }
          if (!response.ok) { again(); return; }
          const html = await response.text();
          if (markup(html).querySelector("[data-events]")) connect(); else finish(html);
        } catch { again(); }
      }, wait);
    }

    function say(words) {
      const status = box.querySelector(".status");
      if (status) status.textContent = words;
    }

    function finish(html) {
      const open = [...box.querySelectorAll("[popover]")].find((one) => one.matches(":popover-open"));
      const focused = box.contains(document.activeElement) ? document.activeElement.getAttribute("popovertarget") : null;
      const part = markup(html);
      const made = part.querySelector(".answer");
      const thread = box.closest(".turns");
      box.replaceWith(part);
      window.htmx.process(made);
      thread.removeAttribute("aria-busy");
      setWriting(null);
      if (open && byId(open.id)) byId(open.id).showPopover();
      if (focused) made.querySelector(`[popovertarget="${focused}"]`)?.focus();
      if (made.dataset.announce) window.journey.announce(made.dataset.announce);
    }
  }

  // Composer: what cannot be sent is told beside it, and stays in it.
  function refuse(words) {
    byId("question-error").textContent = words;
    byId("question").setAttribute("aria-invalid", words ? "true" : "false");
  }
  function count() {
    const limit = Number(byId("composer").dataset.limit);
    const length = byId("question").value.length;
    const told = byId("question-count");
    told.textContent = length > limit * 0.8
      ? `${length.toLocaleString("en")} of ${limit.toLocaleString("en")} characters.` : `At most ${limit.toLocaleString("en")} characters.`;
    if (length > limit) refuse(`This is ${(length - limit).toLocaleString("en")} characters too long. Say it shorter, or in several parts.`);
    else refuse("");
    return length <= limit;
  }
  document.addEventListener("input", (event) => { if (event.target.id === "question") count(); });
  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "question" || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    if (window.matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.id === "stopper") {
      event.preventDefault();
      stop(form);
    } else if (form.matches("[data-asks]")) {
      if (isWriting()) hold(event, "An answer is still being written. Wait for it, or stop it first; your words stay here.");
      else if (form.id === "composer" && !count()) hold(event, byId("question-error").textContent);
    }
  }, true);
  function hold(event, words) {
    event.preventDefault();
    event.stopImmediatePropagation();
    refuse("");
    window.setTimeout(() => refuse(words), 50);
  }
  async function stop(form) {
    try {
      const response = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "HX-Request": "true" } });
      if (!response.ok) refuse("The answer could not be stopped. Load the page again to see how it stands.");
    } catch { refuse("The server could not be reached, so the answer was not stopped. Try again."); }
  }

  // A question that was taken: empty the composer and show the turn from its beginning.
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "thread") return;
    if (event.detail.requestConfig.elt.id === "composer") {
      byId("question").value = "";
      count();
    } else if (!window.matchMedia("(pointer: coarse)").matches) {
      // A button that asked goes away with the turn before; where it stood, nothing would have the focus.
      byId("question").focus({ preventScroll: true });
    }
    event.detail.target.lastElementChild.scrollIntoView({ block: "start" });
  });
  // Nothing is sent twice while it is on its way.
  document.addEventListener("htmx:beforeRequest", (event) => { if (event.detail.elt.matches("[data-asks]")) busy(true); });
  document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.elt.matches("[data-asks]")) busy(false); });
  function busy(yes) {
    const send = byId("send");
    if (send) send.setAttribute("aria-disabled", String(yes));
  }

  function wire(root) {
    root.querySelectorAll("[data-events]").forEach(follow);
    if (root.matches?.("[data-events]")) follow(root);
  }
  document.addEventListener("htmx:load", (event) => { wire(event.detail.elt); });
  // On phones the list of conversations lies over the page: leaving it by keyboard closes it.
  document.addEventListener("focusout", (event) => {
    const list = event.target.closest("#history");
    if (list?.matches(":popover-open") && event.relatedTarget && !list.contains(event.relatedTarget)) list.hidePopover();
  });
  const thread = byId("thread");
  if (thread) {
    wire(thread);
    if (!window.location.hash) thread.lastElementChild?.scrollIntoView({ block: "start" });
  }
})();
