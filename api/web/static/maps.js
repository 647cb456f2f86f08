// Beside a map: what stands behind a claim opens next to it, takes the focus, and gives it back.
(() => {
  "use strict";
  let opener = null;
  document.addEventListener("click", (event) => {
    const claim = event.target.closest("a.claim");
    if (claim) opener = claim;
    const closer = event.target.closest("[data-empties]");
    if (closer) close(closer.dataset.empties);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.closest(".side")) close("side");
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "side") return;
    for (const link of document.querySelectorAll("a.claim.shown")) link.classList.remove("shown");
    if (opener) opener.classList.add("shown");
    const heading = event.detail.target.querySelector("[data-focus]");
    if (heading) heading.focus();
  });
  function close(id) {
    document.getElementById(id).textContent = "";
    if (opener) { opener.classList.remove("shown"); opener.focus(); }
  }
})();
