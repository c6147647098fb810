// @ts-check
// A connect token that came in the fragment is posted as a form, and leaves the address bar.

/** Post the token of the address bar, if there is one. */
function enter() {
  const found = /^#token=([\w-]{1,200})$/.exec(location.hash);
  const form = document.getElementById("enter");
  if (!found?.[1] || !(form instanceof HTMLFormElement)) return;
  history.replaceState(null, "", location.pathname + location.search);
  document.getElementById("outside")?.setAttribute("hidden", "");
  document.getElementById("waiting")?.removeAttribute("hidden");
  const field = form.elements.namedItem("token");
  if (field instanceof HTMLInputElement) field.value = found[1];
  form.submit();
}

enter();
// From this page to this page with another fragment, nothing is loaded anew.
addEventListener("hashchange", enter);
