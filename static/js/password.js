// Shows a password on request, and how strong one is that carries data-strength.
const WORDS = ["Very weak", "Weak", "Fair", "Good", "Strong"];

// Bits of a guess that tries the used alphabets; repetition counts for little.
function strength(password) {
  let alphabet = 0;
  if (/[a-z]/.test(password)) alphabet += 26;
  if (/[A-Z]/.test(password)) alphabet += 26;
  if (/[0-9]/.test(password)) alphabet += 10;
  if (/[^a-zA-Z0-9]/.test(password)) alphabet += 33;
  const distinct = new Set(password).size;
  const length = Math.min(password.length, distinct * 2);
  const bits = length * Math.log2(alphabet || 1);
  return Math.min(4, Math.floor(bits / 20));
}

function addReveal(input) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "reveal";
  button.textContent = "Show";
  button.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-label", "Show the password");
  button.addEventListener("click", () => {
    const show = input.type === "password";
    input.type = show ? "text" : "password";
    button.textContent = show ? "Hide" : "Show";
    button.setAttribute("aria-pressed", String(show));
  });
  const wrap = document.createElement("div");
  wrap.className = "reveal-wrap";
  input.before(wrap);
  wrap.append(input, button);
}

function addStrength(input) {
  const meter = document.createElement("meter");
  Object.assign(meter, { min: 0, max: 4, low: 2, high: 3, optimum: 4 });
  meter.setAttribute("aria-hidden", "true");
  const words = document.createElement("span");
  words.setAttribute("role", "status");
  const row = document.createElement("div");
  row.className = "strength";
  row.hidden = true;
  row.append(meter, words);
  (input.closest(".reveal-wrap") ?? input).after(row);
  input.addEventListener("input", () => {
    row.hidden = input.value === "";
    meter.value = strength(input.value);
    words.textContent = WORDS[meter.value];
  });
}

for (const input of document.querySelectorAll("input[type=password]")) {
  addReveal(input);
  if ("strength" in input.dataset) addStrength(input);
}
