// @ts-check
/** What is said before Tillbridge has answered. */

/**
 * Tillbridge fills in the languages as it serves this.
 * @type {Record<string, Texts>}
 */
const TEXTS = {};
const ENGLISH = {
  loading: "Loading…",
  failed: "This cannot be shown at the moment",
  blame: "It is our fault, not yours. Please try again; nothing that you did is lost.",
  offline: "You are offline. This page stays as it is; you can go on as soon as you are connected again.",
  retry: "Try again",
  reference: "Reference:",
};

/** @typedef {typeof ENGLISH} Texts */

/**
 * The texts in the language of *tag*, else in English.
 * @param {string} tag
 * @returns {Texts}
 */
export function textsIn(tag) {
  const wanted = tag.toLowerCase().split("-")[0];
  const found = Object.keys(TEXTS).find((each) => each.toLowerCase().split("-")[0] === wanted);
  return (found && TEXTS[found]) || ENGLISH;
}
