// Busy states; without this script everything works just the same.
const LONGEST_WAIT = 15000;

/** Give every button its words back, and make it work again. */
function reset() {
  for (const form of document.querySelectorAll("form[data-start]")) {
    const button = form.querySelector("button");
    const name = button.querySelector(".name");
    button.removeAttribute("aria-busy");
    button.disabled = false;
    if (name.dataset.words) name.textContent = name.dataset.words;
  }
}

for (const form of document.querySelectorAll("form[data-start]")) {
  form.addEventListener("submit", () => {
    const button = form.querySelector("button");
    const name = button.querySelector(".name");
    name.dataset.words ??= name.textContent;
    name.textContent = form.dataset.busy;
    button.setAttribute("aria-busy", "true");
    // Not before the form is on its way: a disabled button would take the submission along.
    setTimeout(() => {
      for (const other of document.querySelectorAll("form[data-start] button")) other.disabled = true;
    });
    setTimeout(reset, LONGEST_WAIT);
  });
}

// Back from Codat by the back button, out of the browser's cache: nothing may be stuck.
addEventListener("pageshow", reset);
