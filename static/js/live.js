// Parts of a page that htmx fetches anew by themselves: never while someone is at work in them.
"use strict";

function busy(part) {
  const chosen = part.querySelector("input[type=checkbox]:checked, details[open]");
  return document.hidden || chosen !== null || part.contains(document.activeElement);
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const part = event.target;
  if (part.matches("[data-live]") && busy(part)) event.preventDefault();
});

document.addEventListener("htmx:beforeSwap", (event) => {
  // Signed out meanwhile: the answer is another page, of which no part belongs here.
  const asked = new URL(event.detail.requestConfig.path, location.href).pathname;
  const came = new URL(event.detail.xhr.responseURL || location.href).pathname;
  if (event.target.matches("[data-live]") && came !== asked) {
    event.detail.shouldSwap = false;
    location.reload();
  }
});
