// @ts-check
/**
 * What Tillbridge answers, as elements.
 *
 * @import { Choice } from "../static/tillbridge-picker.d.ts"
 * @import { Trouble } from "./asking.js"
 * @import { Texts } from "./texts.js"
 */

import { make, picture } from "./making.js";

/**
 * @typedef {Choice & {
 *   label: string, note: string, busy: string, letter: string, terms: string,
 *   logo: string | null, art: string | null, artHover: string | null, artWords: string,
 * }} Tile
 * @typedef {{ heading: string, tiles: Tile[] }} Group
 * @typedef {object} View All texts are in the merchant's language.
 * @property {string} ticket
 * @property {number} expiresIn in seconds
 * @property {string} language a BCP 47 tag
 * @property {"ltr" | "rtl"} dir
 * @property {string} title
 * @property {string} merchant
 * @property {string} lead
 * @property {string} hint
 * @property {string} nothing there where there is nothing to choose
 * @property {Group[]} groups
 * @property {{ label: string, matches: string, none: [string, string], clear: string } | null} search
 * @property {{ title: string, detail: string, reference: string, wait: number | null } | null} trouble
 * there where nothing can be started for now; *wait* is in seconds
 * @property {{ mode: string, properties: Record<string, string> }} brand
 */

/** However long Tillbridge says that trying again makes no sense, people may; in seconds. */
export const LONGEST_PAUSE = 60;
const STARTABLE = ["choose", "continue", "manage"];

/** @param {Tile} tile */
export const startable = (tile) => STARTABLE.includes(tile.state);

/**
 * What events tell of a tile.
 * @param {Tile} tile
 * @returns {Choice}
 */
export const choice = ({ key, name, state }) => ({ key, name, state });

/**
 * Have the *frame* look as the brand of the view wants it, or as the page does by its *mode*.
 * @param {HTMLElement} frame
 * @param {View | null} view
 * @param {string | null} mode
 */
export function dress(frame, view, mode) {
  const chosen = mode ?? view?.brand.mode ?? "";
  frame.className = ["light", "dark", "system"].includes(chosen) ? `picker ${chosen}` : "picker";
  frame.lang = view?.language ?? "";
  frame.dir = view?.dir ?? "";
  // Nothing of an earlier brand stays.
  frame.removeAttribute("style");
  for (const [name, value] of Object.entries(view?.brand.properties ?? {})) {
    frame.style.setProperty(name, value);
  }
}

/**
 * Show that the merchant is on the way to what *tile* is for, and that nothing else can be chosen.
 * @param {ShadowRoot} root
 * @param {Tile} tile
 */
export function showBusy(root, tile) {
  for (const button of root.querySelectorAll("button")) {
    const its = button.dataset.key === tile.key;
    button.setAttribute(its ? "aria-busy" : "aria-disabled", "true");
    const name = button.querySelector(".name");
    if (its && name) name.textContent = tile.busy;
  }
}

/**
 * What stands above the search and the groups.
 * @param {View} view
 * @param {string} heading
 * @param {number} level
 */
export function introduction(view, heading, level) {
  /** @type {HTMLElement[]} */
  const parts = [];
  if (heading) parts.push(make(h(level), "heading", heading));
  if (view.merchant) parts.push(make("p", "merchant", view.merchant));
  parts.push(make("div", "top"));
  parts.push(make("p", view.nothing ? "nothing" : "lead", view.nothing || view.lead));
  if (view.hint) parts.push(make("p", "hint", view.hint));
  return parts;
}

/**
 * The tiles in their groups; a press of one that can be started is told to *choose*.
 * @param {Group[]} groups
 * @param {number} level
 * @param {(tile: Tile) => void} choose
 */
export function sections(groups, level, choose) {
  return groups.map(({ heading, tiles }) => {
    const title = make(h(level), "group-heading", heading);
    if (groups.length === 1) title.classList.add("unseen");
    const items = tiles.map((tile) => {
      const item = make("li", "item", drawn(tile, choose));
      item.dataset.terms = tile.terms;
      return item;
    });
    return make("section", "group", title, make("ul", "list", ...items));
  });
}

/**
 * @param {Tile} tile
 * @param {(tile: Tile) => void} choose
 */
function drawn(tile, choose) {
  const words = make("span", "words", make("span", "name", tile.label));
  if (tile.note) words.append(" ", make("span", "note", tile.note));
  const face = make("span", "logo", tile.letter);
  face.setAttribute("aria-hidden", "true");
  if (tile.logo) face.append(picture(tile.logo, "", 48));
  if (!startable(tile)) return make("div", `tile muted ${tile.state}`, face, words);
  const button = make("button", `tile ${tile.state}`, face, words);
  button.type = "button";
  button.dataset.key = tile.key;
  button.addEventListener("click", () => choose(tile));
  if (tile.art) {
    const art = make("span", "art", picture(tile.art, tile.artWords, 36));
    if (tile.artHover) art.append(picture(tile.artHover, "", 36));
    button.append(art);
  } else {
    const arrow = make("span", "arrow");
    arrow.setAttribute("aria-hidden", "true");
    button.append(arrow);
  }
  return button;
}

/** Boxes where tiles will be. */
export function skeleton() {
  const boxes = [1, 2, 3, 4].map(() => make("li", "", make("div", "tile skeleton")));
  const list = make("ul", "list", ...boxes);
  list.setAttribute("aria-hidden", "true");
  return list;
}

/**
 * What is said of *trouble*, and a button to try *again*.
 * @param {Trouble} trouble
 * @param {Texts} texts
 * @param {() => void} again
 */
export function problemBox({ title, problem }, texts, again) {
  const { kind, detail, reference, retryAfter } = problem;
  const told = ["token", "answer", "blocked"].includes(kind) ? texts.blame : detail;
  const retry = make("button", "small retry", texts.retry);
  retry.type = "button";
  retry.addEventListener("click", again);
  if (retryAfter) {
    retry.disabled = true;
    setTimeout(() => (retry.disabled = false), Math.min(retryAfter, LONGEST_PAUSE) * 1000);
  }
  const strong = make("strong", "", title ?? texts.failed);
  const box = make("div", "problem", make("p", "", strong), make("p", "", told));
  box.setAttribute("role", "alert");
  box.tabIndex = -1;
  if (reference) box.append(make("p", "reference", `${texts.reference} `, make("bdi", "", reference)));
  box.append(retry);
  return box;
}

/** @param {number} level */
const h = (level) => /** @type {"h2"} */ (`h${level}`);
