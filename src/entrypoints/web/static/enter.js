// @ts-check
// A connect token that came in the fragment is posted as a form, and leaves the address bar.

/**
 * Put *token* into a form.
 * @param {HTMLElement | null} form
 * @param {string} token
 */
function fill(form, token) {
  if (!(form instanceof HTMLFormElement)) return undefined;
  const field = form.elements.namedItem("token");
  if (!(field instanceof HTMLInputElement)) return undefined;
  field.disabled = false;
  field.value = token;
  return form;
}

/** Use the token of the address bar, if there is one. */
function enter() {
  const [, kind, token] = /^#(token|ticket)=([\w-]{1,200})$/.exec(location.hash) ?? [];
  if (!token) return;
  history.replaceState(null, "", location.pathname + location.search);
  if (kind === "ticket") {
    // Somebody came in, in a frame: only where the cookie stayed away is there such a form.
    const whole = fill(document.getElementById("whole"), token);
    if (whole) [whole.method, whole.action] = ["post", whole.dataset.enter ?? ""];
    return;
  }
  document.getElementById("outside")?.setAttribute("hidden", "");
  document.getElementById("waiting")?.removeAttribute("hidden");
  fill(document.getElementById("enter"), token)?.submit();
}

enter();
// From this page to this page with another fragment, nothing is loaded anew.
addEventListener("hashchange", enter);
