// @ts-check
// The merchant has clicked already: no need to click again. Without this file there is a button.
const form = document.getElementById("handoff");
if (form instanceof HTMLFormElement) form.submit();
