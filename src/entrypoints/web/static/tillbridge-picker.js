// @ts-check
/**
 * `<tillbridge-picker>`: the picker as a part of the platform's own page (docs/embedding.md).
 *
 * It gets a connect token from the platform, and for it from Tillbridge what the picker shows,
 * and a ticket. A choice is a form with that ticket: a navigation to Tillbridge, which sends the
 * browser on to Codat. So no script ever holds a sync flow URL, and no cookie crosses sites.
 *
 * @import { Choice, Problem, TillbridgePicker as Declared } from "./tillbridge-picker.d.ts"
 */

/**
 * @typedef {Choice & {
 *   label: string, note: string, busy: string, letter: string, terms: string,
 *   logo: string | null, art: string | null, artHover: string | null, artWords: string,
 * }} Tile
 * @typedef {{ heading: string, tiles: Tile[] }} Group
 * @typedef {object} View What Tillbridge answers; all texts are in the merchant's language.
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
 * @property {{ label: string, matches: string, none: string, clear: string } | null} search
 * @property {{ mode: string, properties: Record<string, string> }} brand
 */

/** In milliseconds. */
const LONGEST_WAIT = 15_000;
/** A ticket that has less than this left is not used any more; in milliseconds. */
const MARGIN = 20_000;
/** However long Tillbridge says that trying again makes no sense, people may; in seconds. */
const LONGEST_PAUSE = 60;
const STARTABLE = ["choose", "continue", "manage"];

/**
 * What is said before Tillbridge has answered; Tillbridge fills in the languages as it serves this.
 * @type {Record<string, typeof ENGLISH>}
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

const STYLE = `
:host { display: block; }
:host([hidden]), [hidden] { display: none !important; }
* { box-sizing: border-box; }
.picker {
  --card: var(--tillbridge-card, #fff); --ink: var(--tillbridge-ink, #1b1f24);
  --soft: var(--tillbridge-soft, #57606a); --line: var(--tillbridge-line, #d0d7de);
  --ground: var(--tillbridge-ground, #f4f5f7);
  --accent: var(--tillbridge-accent, var(--light-accent, #0b5cad));
  --warn: #fff4ce; --on-warn: #4d3800;
  --round: var(--tillbridge-radius, var(--radius, 10px));
  color: var(--ink);
  font: 1rem/1.5 var(--tillbridge-font, var(--font, system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif));
}
@supports (color: light-dark(#000, #fff)) {
  .picker {
    --card: var(--tillbridge-card, light-dark(#fff, #161b22)); --ink: var(--tillbridge-ink, light-dark(#1b1f24, #e6edf3));
    --soft: var(--tillbridge-soft, light-dark(#57606a, #9da7b1)); --line: var(--tillbridge-line, light-dark(#d0d7de, #3d444d));
    --ground: var(--tillbridge-ground, light-dark(#f4f5f7, #0d1117));
    --accent: var(--tillbridge-accent, light-dark(var(--light-accent, #0b5cad), var(--dark-accent, #6cb6ff)));
    --warn: light-dark(#fff4ce, #4d3800); --on-warn: light-dark(#4d3800, #fff4ce);
  }
}
.picker.light { color-scheme: light; }
.picker.dark { color-scheme: dark; }
.picker.system { color-scheme: light dark; }
h1, h2, h3, h4, h5, h6 { margin: 0; line-height: 1.25; overflow-wrap: anywhere; }
.heading { font-size: 1.25rem; }
.group-heading { font-size: .875rem; color: var(--soft); margin: 1.25rem 0 .5rem; }
p { margin: .5rem 0; }
.merchant, .lead, .status { color: var(--soft); }
.unseen { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
ul { list-style: none; margin: .75rem 0 0; padding: 0; display: grid; gap: .6rem; grid-template-columns: repeat(auto-fill, minmax(min(17rem, 100%), 1fr)); }
button, input { font: inherit; color: inherit; }
.tile { display: flex; align-items: center; gap: .9rem; width: 100%; height: 100%; min-height: 4.5rem; padding: .7rem .9rem; text-align: start;
  background: var(--card); border: 1px solid var(--line); border-radius: var(--round); }
button { cursor: pointer; touch-action: manipulation; }
button.tile:hover { border-color: var(--accent); }
.muted { border-style: dashed; color: var(--soft); }
.logo { position: relative; flex: none; display: grid; place-items: center; width: 48px; height: 48px; overflow: hidden;
  border-radius: 8px; background: #fff; color: #1b1f24; font-weight: 700; border: 1px solid var(--line); }
.logo img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; background: #fff; }
.words { flex: 1; min-width: min(8rem, 50%); overflow-wrap: anywhere; }
.name { font-weight: 600; }
.note { display: block; font-size: .875rem; color: var(--soft); }
.arrow { color: var(--accent); }
.arrow::before { content: "→"; content: "→" / ""; }
[dir="rtl"] .arrow::before { content: "←"; content: "←" / ""; }
.tile:has(.art) { flex-wrap: wrap; }
.art { flex: 0 1 11rem; min-width: 9.5rem; margin-inline-start: auto; display: grid; }
.art img { grid-area: 1 / 1; height: auto; width: 100%; max-height: 36px; object-fit: contain; }
.art img + img, button:hover .art img:not(:last-child) { visibility: hidden; }
button:hover .art img + img { visibility: visible; }
.search label { display: block; font-size: .875rem; color: var(--soft); }
.search input { width: 100%; min-height: 44px; padding: 0 .75rem; background: var(--card); border: 1px solid var(--soft); border-radius: var(--round); }
.hint, .problem { padding: .6rem .8rem; margin: .75rem 0; border-inline-start: 4px solid var(--accent); background: var(--ground); }
.problem { border-color: var(--on-warn); background: var(--warn); color: var(--on-warn); }
.small { min-height: 44px; padding: .4rem 1rem; background: var(--card); color: var(--ink); border: 1px solid var(--line); border-radius: var(--round); }
button[aria-disabled="true"], button:disabled { opacity: .55; cursor: default; }
button[aria-busy="true"] { cursor: progress; }
.picker:focus { outline: none; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.skeleton { background: var(--ground); border-color: transparent; }
@media (prefers-reduced-motion: no-preference) { .skeleton { animation: wait 1.2s ease-in-out infinite alternate; } }
@keyframes wait { to { opacity: .5; } }
@media (forced-colors: active) { .tile, .small { border: 1px solid ButtonText; } }
`;

const SHEET = new CSSStyleSheet();
SHEET.replaceSync(STYLE);

/** Something that did not work, as events tell it. */
class Trouble extends Error {
  /** @param {Problem} problem @param {string} [title] */
  constructor(problem, title) {
    super(problem.detail);
    this.problem = problem;
    this.title = title;
  }
}

/**
 * A new element with classes that are parts, too.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} part
 * @param {...(Node | string)} content
 * @returns {HTMLElementTagNameMap[Tag]}
 */
function make(tag, part, ...content) {
  const element = document.createElement(tag);
  if (part) {
    element.className = part;
    element.setAttribute("part", part);
  }
  element.append(...content);
  return element;
}

/**
 * Text without case, accents and spaces: the hosted page compares in the same way.
 * @param {string} text
 */
const plain = (text) => text.toLowerCase().normalize("NFKD").replace(/[\p{M}\s]/gu, "");

/** @implements {Declared} */
export class TillbridgePicker extends HTMLElement {
  static observedAttributes = ["tillbridge", "connect", "lang", "mode", "heading", "heading-level"];

  /** @type {(() => Promise<string>) | null} */
  #getToken = null;
  #root = this.attachShadow({ mode: "open" });
  /** @type {View | null} */
  #view = null;
  /** When the ticket is not used any more, by the browser's clock. */
  #until = 0;
  /** @type {AbortController | null} */
  #loading = null;
  /** @type {AbortController | null} */
  #connected = null;
  /** @type {Tile | null} */
  #chosen = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #due = false;
  #sought = "";
  /** What changes; the rest stays, so that what is said into it is heard. */
  #content = make("div", "content");
  #status = make("p", "status unseen");
  #frame = make("div", "picker", this.#content, this.#status);

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [SHEET];
    this.#status.setAttribute("role", "status");
    this.#frame.tabIndex = -1;
    this.#root.append(this.#frame);
  }

  /** Where connect tokens come from, instead of the attribute `connect`. */
  get getToken() {
    return this.#getToken;
  }

  set getToken(getToken) {
    this.#getToken = getToken;
    // Frameworks set a new function each time that they draw: that is no reason to ask again.
    if (!this.#loading) this.#soon();
  }

  connectedCallback() {
    // Set before this script was there, it hides the property of the same name.
    if (Object.hasOwn(this, "getToken")) {
      const given = this.getToken;
      // @ts-expect-error: what is deleted is the page's own property, not ours.
      delete this.getToken;
      this.#getToken = given;
    }
    this.#connected = new AbortController();
    const { signal } = this.#connected;
    // Back from Codat, out of the browser's cache: the ticket is spent, and what was begun shows.
    addEventListener("pageshow", (event) => event.persisted && this.reload(), { signal });
    addEventListener("online", () => this.#view || this.reload(), { signal });
    document.addEventListener("securitypolicyviolation", (event) => this.#blocked(event), { signal });
    this.#soon();
  }

  disconnectedCallback() {
    this.#connected?.abort();
    this.#loading?.abort();
    this.#connected = this.#loading = null;
    clearTimeout(this.#timer);
  }

  /**
   * @param {string} name
   * @param {string | null} before
   * @param {string | null} now
   */
  attributeChangedCallback(name, before, now) {
    if (before === now) return;
    if (["tillbridge", "connect", "lang"].includes(name)) {
      this.#view = null;
      this.#soon();
    } else if (this.#view) {
      this.#draw(this.#view);
    }
  }

  /** Ask again what there is to choose. */
  async reload() {
    if (!this.#getToken && !this.hasAttribute("connect")) return;
    this.#rest();
    try {
      const view = await this.#load();
      if (!view) return;
      this.#draw(view);
      this.#tell("tillbridge-ready", {
        language: view.language,
        integrations: view.groups.flatMap(({ tiles }) => tiles.map(choice)),
      });
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Load once everything that is set at once has been set. */
  #soon() {
    if (this.#due || !this.isConnected) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      if (this.isConnected) this.reload();
    });
  }

  /** Where Tillbridge is: by default, from where this script came. */
  get #base() {
    const given = this.getAttribute("tillbridge");
    return given ? given.replace(/\/+$/, "") : new URL("..", import.meta.url).href.replace(/\/$/, "");
  }

  get #texts() {
    const tag = (this.getAttribute("lang") || this.#view?.language || navigator.language).toLowerCase();
    const found = Object.keys(TEXTS).find((each) => each.toLowerCase().split("-")[0] === tag.split("-")[0]);
    return (found && TEXTS[found]) || ENGLISH;
  }

  /**
   * A fresh view and ticket; nothing where something newer was asked meanwhile.
   * @returns {Promise<View | undefined>}
   */
  async #load() {
    this.#loading?.abort();
    const loading = (this.#loading = new AbortController());
    const patience = setTimeout(() => loading.abort("timeout"), LONGEST_WAIT);
    if (!this.#view) this.#drawSkeleton();
    try {
      if (!navigator.onLine) throw new Trouble({ kind: "offline", detail: this.#texts.offline });
      const view = await this.#ask(loading.signal);
      if (loading !== this.#loading) return undefined;
      this.#until = Date.now() + view.expiresIn * 1000 - MARGIN;
      return (this.#view = view);
    } catch (error) {
      if (loading !== this.#loading) return undefined;
      throw error;
    } finally {
      clearTimeout(patience);
    }
  }

  /**
   * @param {AbortSignal} signal
   * @returns {Promise<View>}
   */
  async #ask(signal) {
    const lang = this.getAttribute("lang");
    const query = lang ? `?lang=${encodeURIComponent(lang)}` : "";
    for (let again = true; ; again = false) {
      const token = await this.#token(signal);
      const answer = await this.#reach(`${this.#base}/connect/component${query}`, {
        method: "POST",
        body: new URLSearchParams({ token }),
        credentials: "omit",
        referrerPolicy: "strict-origin",
        signal,
      });
      if (answer.ok) {
        const view = await answer.json();
        if (Array.isArray(view?.groups)) return view;
        throw new TypeError("Whatever answered is not Tillbridge");
      }
      // The token took too long to get here: a fresh one may do better, once.
      if (answer.status === 410 && again) continue;
      throw await refusal(answer, this.#texts.failed);
    }
  }

  /**
   * A connect token of the platform's.
   * @param {AbortSignal} signal
   * @returns {Promise<string>}
   */
  async #token(signal) {
    /** @type {unknown} */
    let token;
    if (this.#getToken) {
      token = await this.#getToken().catch((error) => {
        throw new Trouble({ kind: "token", detail: String(error) });
      });
    } else {
      const answer = await this.#reach(this.getAttribute("connect") ?? "", {
        method: "POST",
        credentials: "same-origin",
        // No form of another site can send this header: it tells the platform who asks.
        headers: { Accept: "application/json", "X-Requested-With": "tillbridge-picker" },
        signal,
      });
      const told = answer.ok ? await answer.json().catch(() => null) : null;
      token = told?.token;
      if (!token) throw new Trouble({ kind: "token", detail: "No token", status: answer.status });
    }
    if (typeof token !== "string") throw new Trouble({ kind: "token", detail: "No token" });
    return token;
  }

  /**
   * @param {string} address
   * @param {RequestInit} request
   */
  async #reach(address, request) {
    try {
      return await fetch(address, request);
    } catch (error) {
      const kind = request.signal?.aborted ? "timeout" : navigator.onLine ? "network" : "offline";
      const detail = kind === "offline" ? this.#texts.offline : this.#texts.blame;
      throw new Trouble({ kind, detail });
    }
  }

  /** @param {Tile} tile */
  async #choose(tile) {
    if (this.#chosen || !this.#tell("tillbridge-choose", choice(tile), true)) return;
    this.#busy(tile);
    try {
      if (!navigator.onLine) throw new Trouble({ kind: "offline", detail: this.#texts.offline });
      if (Date.now() > this.#until) {
        const view = await this.#load();
        if (!view) return;
        const tiles = view.groups.flatMap(({ tiles }) => tiles);
        const still = tiles.find(({ key, state }) => key === tile.key && STARTABLE.includes(state));
        if (!still) {
          this.#rest();
          this.#draw(view);
          return;
        }
      }
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#leave(tile);
  }

  /**
   * Have the browser post the ticket and the choice, in the same tab.
   * @param {Tile} tile
   */
  #leave(tile) {
    const form = document.createElement("form");
    form.method = "post";
    form.action = `${this.#base}/connect/session`;
    form.target = "_top";
    for (const [name, value] of [["token", this.#view?.ticket ?? ""], ["platformKey", tile.key]]) {
      const field = document.createElement("input");
      field.type = "hidden";
      field.name = /** @type {string} */ (name);
      field.value = /** @type {string} */ (value);
      form.append(field);
    }
    this.#until = 0;
    this.#tell("tillbridge-leave", choice(tile));
    this.#root.append(form);
    form.submit();
    form.remove();
    this.#timer = setTimeout(() => this.#rest(), LONGEST_WAIT);
  }

  /** @param {SecurityPolicyViolationEvent} event */
  #blocked(event) {
    if (!this.#chosen || event.effectiveDirective !== "form-action") return;
    const detail = `The page's content security policy does not allow this form-action: ${event.blockedURI}`;
    this.#fail(new Trouble({ kind: "blocked", detail }, this.#texts.failed));
  }

  /**
   * Show that the merchant is on the way, and that nothing else can be chosen.
   * @param {Tile} tile
   */
  #busy(tile) {
    this.#chosen = tile;
    for (const button of this.#root.querySelectorAll("button")) {
      const its = button.dataset.key === tile.key;
      button.setAttribute(its ? "aria-busy" : "aria-disabled", "true");
      const name = button.querySelector(".name");
      if (its && name) name.textContent = tile.busy;
    }
    this.#say(tile.busy);
  }

  /** Let everything be chosen again. */
  #rest() {
    clearTimeout(this.#timer);
    if (!this.#chosen) return;
    this.#chosen = null;
    if (this.#view) this.#draw(this.#view);
  }

  /** @param {unknown} error */
  #fail(error) {
    const { failed, blame } = this.#texts;
    const trouble =
      error instanceof Trouble ? error : new Trouble({ kind: "answer", detail: String(error) });
    const { kind, detail, reference, retryAfter } = trouble.problem;
    this.#rest();
    const told = ["token", "answer", "blocked"].includes(kind) ? blame : detail;
    const { retry: words, reference: label } = this.#texts;
    const retry = make("button", "small retry", words);
    retry.type = "button";
    retry.addEventListener("click", async () => {
      await this.reload();
      this.#frame.focus();
    });
    if (retryAfter) {
      retry.disabled = true;
      setTimeout(() => (retry.disabled = false), Math.min(retryAfter, LONGEST_PAUSE) * 1000);
    }
    const box = make("div", "problem", make("p", "", make("strong", "", trouble.title ?? failed)), make("p", "", told));
    box.setAttribute("role", "alert");
    box.tabIndex = -1;
    if (reference) box.append(make("p", "reference", `${label} `, make("bdi", "", reference)));
    box.append(retry);
    // What can be chosen stays on show, if there is anything: Tillbridge may be back in a moment.
    if (!this.#view) this.#show(box);
    else this.#root.querySelector(".top")?.replaceChildren(box);
    this.#tell("tillbridge-problem", trouble.problem);
  }

  /** @param {View} view */
  #draw(view) {
    const focused = this.#root.activeElement;
    const key = focused instanceof HTMLElement ? focused.dataset.key : undefined;
    const heading = this.getAttribute("heading") ?? view.title;
    const level = Math.min(5, Math.max(1, Number(this.getAttribute("heading-level")) || 2));
    const parts = [];
    if (heading) parts.push(make(h(level), "heading", heading));
    if (view.merchant) parts.push(make("p", "merchant", view.merchant));
    parts.push(make("div", "top"));
    parts.push(make("p", view.nothing ? "nothing" : "lead", view.nothing || view.lead));
    if (view.hint) parts.push(make("p", "hint", view.hint));
    if (view.search) parts.push(this.#search(view.search));
    for (const group of view.groups) {
      const section = make("section", "group");
      const title = make(h(level + 1), "group-heading", group.heading);
      if (view.groups.length === 1) title.classList.add("unseen");
      section.append(title, make("ul", "list", ...group.tiles.map((tile) => this.#item(tile))));
      parts.push(section);
    }
    this.#show(...parts);
    this.#narrow();
    const again = key && this.#root.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (again instanceof HTMLElement) again.focus();
  }

  /** @param {Tile} tile */
  #item(tile) {
    const words = make("span", "words", make("span", "name", tile.label));
    if (tile.note) words.append(" ", make("span", "note", tile.note));
    const face = make("span", "logo", tile.letter);
    face.setAttribute("aria-hidden", "true");
    if (tile.logo) face.append(picture(tile.logo, "", 48));
    const item = make("li", "item");
    item.dataset.terms = tile.terms;
    if (STARTABLE.includes(tile.state)) {
      const button = make("button", `tile ${tile.state}`, face, words);
      button.type = "button";
      button.dataset.key = tile.key;
      if (tile.art) {
        const art = make("span", "art", picture(tile.art, tile.artWords, 36));
        if (tile.artHover) art.append(picture(tile.artHover, "", 36));
        button.append(art);
      } else {
        const arrow = make("span", "arrow");
        arrow.setAttribute("aria-hidden", "true");
        button.append(arrow);
      }
      button.addEventListener("click", () => this.#choose(tile));
      item.append(button);
    } else {
      item.append(make("div", `tile muted ${tile.state}`, face, words));
    }
    return item;
  }

  /** @param {NonNullable<View["search"]>} words */
  #search(words) {
    const input = make("input", "search-input");
    input.type = "search";
    input.value = this.#sought;
    input.maxLength = 100;
    input.autocomplete = "off";
    input.addEventListener("input", () => {
      this.#sought = input.value;
      this.#say(`${words.matches} ${this.#narrow()}`);
    });
    const clear = make("button", "small clear", words.clear);
    clear.type = "button";
    clear.addEventListener("click", () => {
      input.value = this.#sought = "";
      this.#narrow();
      input.focus();
    });
    const sought = make("p", "", `${words.none} “`, make("bdi", ""), "”");
    const none = make("div", "none", sought, clear);
    const label = make("label", "search-label", words.label);
    label.append(input);
    return make("div", "search", label, none);
  }

  /** Show only what fits to what is sought; returns how many that are. */
  #narrow() {
    const words = this.#sought.trim().split(/\s+/).map(plain);
    let found = 0;
    for (const group of this.#root.querySelectorAll("section")) {
      let shown = 0;
      for (const item of group.querySelectorAll("li")) {
        const terms = item.dataset.terms ?? "";
        item.hidden = !words.every((word) => terms.includes(word)) && !terms.includes(plain(this.#sought));
        shown += item.hidden ? 0 : 1;
      }
      group.hidden = !shown;
      found += shown;
    }
    const none = this.#root.querySelector(".none");
    if (none instanceof HTMLElement) {
      none.hidden = found > 0 || !this.#sought;
      none.querySelector("bdi")?.replaceChildren(this.#sought);
    }
    return found;
  }

  /** Boxes where tiles will be, and words for those who do not see them. */
  #drawSkeleton() {
    const boxes = [1, 2, 3, 4].map(() => make("li", "", make("div", "tile skeleton")));
    const list = make("ul", "list", ...boxes);
    list.setAttribute("aria-hidden", "true");
    this.#show(list);
    this.#say(this.#texts.loading);
  }

  /**
   * Put *content* on show, as the brand and the page want it, and have nothing to say.
   * @param {...Node} content
   */
  #show(...content) {
    const mode = this.getAttribute("mode") ?? this.#view?.brand.mode ?? "";
    const frame = this.#frame;
    frame.className = ["light", "dark", "system"].includes(mode) ? `picker ${mode}` : "picker";
    frame.lang = this.#view?.language ?? "";
    frame.dir = this.#view?.dir ?? "";
    for (const [name, value] of Object.entries(this.#view?.brand.properties ?? {})) {
      frame.style.setProperty(name, value);
    }
    this.#say("");
    this.#content.replaceChildren(...content);
  }

  /** @param {string} words for those who hear the page */
  #say(words) {
    this.#status.textContent = words;
  }

  /**
   * @param {string} name
   * @param {object} detail
   * @param {boolean} [cancelable]
   */
  #tell(name, detail, cancelable = false) {
    return this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, cancelable, detail }));
  }
}

/**
 * What events tell of a tile.
 * @param {Tile} tile
 * @returns {Choice}
 */
const choice = ({ key, name, state }) => ({ key, name, state });

/** @param {number} level */
const h = (level) => /** @type {"h2"} */ (`h${level}`);

/**
 * A picture that goes away where it cannot be had: then what is behind it shows.
 * @param {string} src
 * @param {string} alt
 * @param {number} height
 */
function picture(src, alt, height) {
  const image = new Image();
  image.alt = alt;
  image.height = height;
  image.decoding = "async";
  image.referrerPolicy = "no-referrer";
  image.addEventListener("error", () => image.remove());
  image.src = src;
  return image;
}

/**
 * What a refusal of Tillbridge's says (RFC 9457); its texts are for the merchant.
 * @param {Response} answer
 * @param {string} failed
 */
async function refusal(answer, failed) {
  const told = await answer.json().catch(() => ({}));
  const { title = failed, detail = "", type, reference } = told;
  const retryAfter = Number(answer.headers.get("Retry-After")) || undefined;
  return new Trouble(
    { kind: "refused", detail, status: answer.status, type, reference, retryAfter },
    title,
  );
}

if (!customElements.get("tillbridge-picker")) {
  customElements.define("tillbridge-picker", TillbridgePicker);
}
