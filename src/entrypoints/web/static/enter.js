// A connect token that came in the fragment is posted as a form, and leaves the address bar.

/** Post the token of the address bar, if there is one. */
function enter() {
  const found = /^#token=([\w-]{1,200})$/.exec(location.hash);
  if (!found) return;
  history.replaceState(null, "", location.pathname + location.search);
  document.getElementById("outside")?.setAttribute("hidden", "");
  document.getElementById("waiting")?.removeAttribute("hidden");
  const form = document.getElementById("enter");
  form.elements.token.value = found[1];
  form.submit();
}

enter();
// From this page to this page with another fragment, nothing is loaded anew.
addEventListener("hashchange", enter);
