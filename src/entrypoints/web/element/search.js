// @ts-check
/** The search: what it looks like, and what it finds. */

import { make } from "./making.js";

/**
 * Text without case, marks, spaces and what cannot be seen: `pages/tiles.py` does the same.
 * @param {string} text
 */
const plain = (text) =>
  text
    .normalize("NFKD")
    .replace(/[\p{M}\p{Cf}\p{White_Space}]/gu, "")
    .toLowerCase()
    .replaceAll("ß", "ss")
    .replaceAll("ς", "σ");

/**
 * A field to search by, and what is said where nothing is found.
 * @param {{ label: string, none: [string, string], clear: string }} words
 * @param {string} sought
 * @param {(sought: string) => void} seek
 */
export function searchBox(words, sought, seek) {
  const input = make("input", "search-input");
  input.type = "search";
  input.value = sought;
  input.maxLength = 100;
  input.autocomplete = "off";
  input.addEventListener("input", () => seek(input.value));
  const clear = make("button", "small clear", words.clear);
  clear.type = "button";
  clear.addEventListener("click", () => {
    input.value = "";
    seek("");
    input.focus();
  });
  const without = make("p", "", words.none[0], make("bdi", ""), words.none[1]);
  const label = make("label", "search-label", words.label);
  label.append(input);
  return make("div", "search", label, make("div", "none", without, clear));
}

/**
 * Show only what fits to what is sought; returns how many that are.
 * @param {ParentNode} root
 * @param {string} sought
 */
export function narrow(root, sought) {
  const whole = plain(sought);
  const words = sought.split(/\p{White_Space}+/u).map(plain);
  let found = 0;
  for (const group of root.querySelectorAll("section")) {
    let shown = 0;
    for (const item of group.querySelectorAll("li")) {
      const terms = item.dataset.terms ?? "";
      item.hidden = !words.every((word) => terms.includes(word)) && !terms.includes(whole);
      shown += item.hidden ? 0 : 1;
    }
    group.hidden = !shown;
    found += shown;
  }
  const none = root.querySelector(".none");
  if (none instanceof HTMLElement) {
    none.hidden = found > 0 || !sought;
    none.querySelector("bdi")?.replaceChildren(sought);
  }
  return found;
}
