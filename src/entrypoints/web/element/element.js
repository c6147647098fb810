// @ts-check
/**
 * `<tillbridge-picker>`: the picker as a part of the platform's own page (docs/embedding.md).
 *
 * It gets a connect token from the platform, and for it from Tillbridge what the picker shows,
 * and a ticket. A choice is a form with that ticket: a navigation to Tillbridge, which sends the
 * browser on to Codat. So no script ever holds a sync flow URL, and no cookie crosses sites.
 *
 * @import { TillbridgePicker as Declared } from "../static/tillbridge-picker.d.ts"
 * @import { Tile, View } from "./drawing.js"
 */

import { ask, Trouble } from "./asking.js";
import { choice, dress, introduction, LONGEST_PAUSE, problemBox, sections } from "./drawing.js";
import { showBusy, skeleton, startable } from "./drawing.js";
import { hiddenForm, make } from "./making.js";
import { narrow, searchBox } from "./search.js";
import { SHEET } from "./style.js";
import { textsIn } from "./texts.js";

/** In milliseconds. */
const LONGEST_WAIT = 15_000;
/** A ticket that has less than this left is not used any more; in milliseconds. */
const MARGIN = 20_000;

/** @implements {Declared} */
export class TillbridgePicker extends HTMLElement {
  static observedAttributes = ["tillbridge", "connect", "merchant", "lang", "mode", "heading", "heading-level"];

  /** @type {(() => Promise<string>) | null} */
  #getToken = null;
  #root = this.attachShadow({ mode: "open" });
  /** @type {View | null} */
  #view = null;
  /** When the ticket is not used any more, by the browser's clock. */
  #until = 0;
  /** From when on it makes sense to start something, by the same clock. */
  #open = 0;
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
    const another = !getToken !== !this.#getToken;
    this.#getToken = getToken ?? null;
    // Frameworks set a new function each time that they draw: that is no reason to ask again.
    if (another) this.#beginAnew();
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
    // Back from Codat, out of the browser's cache: what was begun shows.
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
    if (["tillbridge", "connect", "merchant", "lang"].includes(name)) this.#beginAnew();
    else if (this.#view) this.#draw(this.#view);
  }

  /** Ask again what there is to choose. */
  async reload() {
    if (!this.#getToken && !this.hasAttribute("connect")) return;
    // By now somebody else may be logged in: nothing starts by what was told before.
    this.#until = 0;
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

  /** Load for somebody else. */
  #beginAnew() {
    this.#forget();
    this.#sought = "";
    this.#soon();
  }

  /** Let go of whatever is shown, held, or on its way here. */
  #forget() {
    this.#loading?.abort();
    this.#loading = this.#view = this.#chosen = null;
    this.#until = 0;
    clearTimeout(this.#timer);
    this.#show();
  }

  /** Where Tillbridge is: by default, from where this script came. */
  get #base() {
    const given = this.getAttribute("tillbridge");
    return given ? given.replace(/\/+$/, "") : new URL("..", import.meta.url).href.replace(/\/$/, "");
  }

  get #texts() {
    return textsIn(this.getAttribute("lang") || this.#view?.language || navigator.language);
  }

  /**
   * A fresh view and ticket; nothing where something newer was asked meanwhile.
   * @returns {Promise<View | undefined>}
   */
  async #load() {
    this.#loading?.abort();
    const loading = (this.#loading = new AbortController());
    const { signal } = loading;
    const patience = setTimeout(() => loading.abort(), LONGEST_WAIT);
    const texts = this.#texts;
    if (!this.#view) {
      this.#show(skeleton());
      this.#say(texts.loading);
    }
    try {
      this.#expectConnection();
      const lang = this.getAttribute("lang");
      const connect = this.getAttribute("connect") ?? "";
      const view = await ask({ base: this.#base, lang, connect, getToken: this.#getToken, texts, signal });
      if (loading !== this.#loading) return undefined;
      this.#until = Date.now() + view.expiresIn * 1000 - MARGIN;
      const pause = Math.min(view.trouble?.wait ?? 0, LONGEST_PAUSE);
      this.#open = Date.now() + pause * 1000;
      return (this.#view = view);
    } catch (error) {
      if (loading !== this.#loading) return undefined;
      throw error;
    } finally {
      clearTimeout(patience);
    }
  }

  #expectConnection() {
    if (!navigator.onLine) throw new Trouble({ kind: "offline", detail: this.#texts.offline });
  }

  /** @param {Tile} tile */
  async #choose(tile) {
    if (this.#chosen || !this.#tell("tillbridge-choose", choice(tile), true)) return;
    this.#busy(tile);
    try {
      this.#expectConnection();
      if (Date.now() > this.#until) {
        const merchant = this.#view?.merchant;
        const view = await this.#load();
        if (!view) return;
        const tiles = view.groups.flatMap(({ tiles }) => tiles);
        // What was chosen for one merchant is not started for another.
        const still = view.merchant === merchant && tiles.find(({ key }) => key === tile.key);
        if (!still || !startable(still)) return this.#rest();
      }
    } catch (error) {
      return this.#fail(error);
    }
    this.#leave(tile);
  }

  /**
   * Have the browser post the ticket and the choice, in the same tab.
   * @param {Tile} tile
   */
  #leave(tile) {
    const ticket = this.#view?.ticket ?? "";
    const form = hiddenForm(`${this.#base}/connect/session`, {
      token: ticket,
      platformKey: tile.key,
      lang: this.#view?.language ?? "",
    });
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
    this.#fail(new Trouble({ kind: "blocked", detail }));
  }

  /**
   * Show that the merchant is on the way, and that nothing else can be chosen.
   * @param {Tile} tile
   */
  #busy(tile) {
    this.#chosen = tile;
    showBusy(this.#root, tile);
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
    const trouble =
      error instanceof Trouble ? error : new Trouble({ kind: "answer", detail: String(error) });
    const box = this.#box(trouble);
    if (trouble.refused) this.#forget();
    else this.#rest();
    // What can be chosen stays on show, if there is anything: Tillbridge may be back in a moment.
    if (!this.#view) this.#show(box);
    else this.#root.querySelector(".top")?.replaceChildren(box);
    this.#tell("tillbridge-problem", trouble.problem);
  }

  /** @param {Trouble} trouble */
  #box(trouble) {
    return problemBox(trouble, this.#texts, async () => {
      await this.reload();
      this.#frame.focus();
    });
  }

  /** @param {View} view */
  #draw(view) {
    const focused = this.#root.activeElement;
    const key = focused instanceof HTMLElement ? focused.dataset.key : undefined;
    const level = Math.min(5, Math.max(1, Number(this.getAttribute("heading-level")) || 2));
    const parts = introduction(view, this.getAttribute("heading") ?? view.title, level);
    const words = view.search;
    if (words) {
      const seek = (/** @type {string} */ sought) => {
        this.#sought = sought;
        this.#say(`${words.matches} ${narrow(this.#root, sought)}`);
      };
      parts.push(searchBox(words, this.#sought, seek));
    }
    parts.push(...sections(view.groups, level + 1, (tile) => this.#choose(tile)));
    this.#show(...parts);
    narrow(this.#root, words ? this.#sought : "");
    if (view.trouble) this.#hold(view.trouble);
    const again = key && this.#root.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (again instanceof HTMLElement) again.focus();
  }

  /**
   * Say that nothing can be started for now, and let nothing be until it makes sense.
   * @param {NonNullable<View["trouble"]>} trouble
   */
  #hold({ title, detail, reference, wait }) {
    const problem = { kind: /** @type {const} */ ("refused"), detail, reference, retryAfter: wait ?? undefined };
    this.#root.querySelector(".top")?.replaceChildren(this.#box(new Trouble(problem, title)));
    const tiles = [...this.#root.querySelectorAll("button")].filter((button) => button.dataset.key);
    const left = this.#open - Date.now();
    if (left <= 0) return;
    for (const tile of tiles) tile.disabled = true;
    setTimeout(() => tiles.forEach((tile) => (tile.disabled = false)), left);
  }

  /**
   * Put *content* on show, as the brand and the page want it, and have nothing to say.
   * @param {...Node} content
   */
  #show(...content) {
    dress(this.#frame, this.#view, this.getAttribute("mode"));
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

if (!customElements.get("tillbridge-picker")) {
  customElements.define("tillbridge-picker", TillbridgePicker);
}
