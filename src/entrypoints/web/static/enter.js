// A connect token that came in the fragment is posted as a form, and leaves the address bar.
const found = /^#token=([\w-]{1,200})$/.exec(location.hash);
if (found) {
  history.replaceState(null, "", location.pathname + location.search);
  const form = document.getElementById("enter");
  document.getElementById("outside")?.setAttribute("hidden", "");
  document.getElementById("waiting")?.removeAttribute("hidden");
  form.elements.token.value = found[1];
  form.submit();
}
