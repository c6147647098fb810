// @ts-check
// A connect token that came in the fragment is posted as a form, and leaves the address bar.

/**
 * Put *token* into a form, and let all that it has to say go along.
 * @param {HTMLElement | null} form
 * @param {string} token
 */
function fill(form, token) {
  if (!(form instanceof HTMLFormElement)) return undefined;
  for (const field of form.elements) {
    if (!(field instanceof HTMLInputElement)) continue;
    field.disabled = field.name === "framed" && self === top;
    if (field.name === "token") field.value = token;
  }
  return form;
}

/** Use the token of the address bar, if there is one. */
function enter() {
  const [, kind, token] = /^#(token|ticket)=([\w-]{1,200})$/.exec(location.hash) ?? [];
  if (!token) return;
  history.replaceState(null, "", location.pathname + location.search);
  if (kind === "ticket") {
    // Somebody came in, in a frame: only where the cookie stayed away is there such a form.
    const whole = self === top ? undefined : fill(document.getElementById("whole"), token);
    if (whole) [whole.method, whole.action] = ["post", whole.dataset.enter ?? ""];
    return;
  }
  document.getElementById("outside")?.setAttribute("hidden", "");
  document.getElementById("waiting")?.removeAttribute("hidden");
  fill(document.getElementById("enter"), token)?.submit();
}

// Older browsers do not tell the server that they are in a frame.
if (self !== top) document.getElementById("within")?.removeAttribute("hidden");
enter();
// From this page to this page with another fragment, nothing is loaded anew.
addEventListener("hashchange", enter);
