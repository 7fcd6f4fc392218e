// Copy buttons, which stay hidden where scripts do not run.
function textOf(button) {
  return button.dataset.copy ?? document.getElementById(button.dataset.copyFrom).textContent.trim();
}

function say(button, words) {
  let status = button.parentElement.querySelector(".copy-status");
  if (!status) {
    status = document.createElement("span");
    status.className = "copy-status";
    status.setAttribute("role", "status");
    button.after(status);
  }
  status.textContent = words;
  setTimeout(() => (status.textContent = ""), 2000);
}

function wire(part) {
  for (const button of part.querySelectorAll("[data-copy][hidden], [data-copy-from][hidden]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(textOf(button));
        say(button, "Copied");
      } catch {
        say(button, "Select the text and copy it");
      }
    });
  }
}

wire(document);
// What htmx has just fetched.
document.addEventListener("htmx:load", (event) => wire(event.target));
