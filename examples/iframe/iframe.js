// @ts-check
// The token is in the address's fragment, which browsers send to nobody; it works once.
const frame = document.getElementById("tillbridge");

async function open() {
  const answer = await fetch("/tillbridge-token", { method: "POST" });
  if (!(frame instanceof HTMLIFrameElement)) return;
  if (answer.ok) frame.src = (await answer.json()).url;
}

await open();
// Back from Codat, out of the browser's cache: what was begun shows.
addEventListener("pageshow", (event) => event.persisted && open());
