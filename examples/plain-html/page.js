// @ts-check
/// <reference path="../../src/entrypoints/web/static/tillbridge-picker.d.ts" />
/** @import { TillbridgePicker } from "../../src/entrypoints/web/static/tillbridge-picker.d.ts" */
const picker = /** @type {TillbridgePicker} */ (document.querySelector("tillbridge-picker"));
const log = document.getElementById("log");

/** @param {string} words */
function say(words) {
  if (log) log.textContent = words;
}

picker.addEventListener("tillbridge-ready", ({ detail }) => {
  say(`${detail.integrations.length} integrations`);
});
picker.addEventListener("tillbridge-leave", ({ detail }) => say(`On the way to ${detail.name}`));
picker.addEventListener("tillbridge-problem", ({ detail }) => {
  say(`${detail.kind}: ${detail.reference ?? detail.detail}`);
});
