// @ts-check
// What makes the pages nicer: filtering, shortcuts, busy and offline states.
// Without this script everything works just the same.

const LONGEST_WAIT = 15000;
const POLL_EVERY = 5000;
/**
 * Browsers do not say of a script's requests that the page is in a frame, which has a login of its own.
 * @type {Record<string, string>}
 */
const headers = self === top ? {} : { "Tillbridge-Framed": "yes" };

/** @type {<T extends Element>(selector: string, kind: new () => T, within?: ParentNode) => T[]} */
const all = (selector, kind, within = document) =>
  [...within.querySelectorAll(selector)].flatMap((each) => (each instanceof kind ? [each] : []));

/** @type {<T extends Element>(selector: string, kind: new () => T, within?: ParentNode) => T | undefined} */
const first = (selector, kind, within = document) => all(selector, kind, within)[0];

const starts = all("form[data-start]", HTMLFormElement);
const offline = first("#offline", HTMLElement);

/** The time (as of `Date.now`) from which on a start makes sense again. */
let ready = 0;
/** Whether the last press of a button opens another tab or window, and leaves this one alone. */
let elsewhere = false;

/** Every button that sends something; the search may go on while the merchant is on the way. */
const buttons = all("form[method=post] button", HTMLButtonElement);
const news = first("#news", HTMLElement);
/** @type {HTMLFormElement | undefined} */
let leaving;

/** Give every button its words back, and make it work again, if it may. */
function reset() {
  leaving = undefined;
  if (news) news.textContent = "";
  for (const button of buttons) {
    button.disabled = Boolean(button.form?.matches("[data-start]")) && ready > Date.now();
    button.removeAttribute("aria-busy");
    const name = first(".name", HTMLElement, button);
    if (name?.dataset.words) name.textContent = name.dataset.words;
  }
}

/**
 * Show that the merchant is on the way by this form, and that nothing else can be chosen.
 * @param {HTMLFormElement} form
 */
function busy(form) {
  leaving = form;
  for (const button of buttons) {
    if (button.form !== form) {
      button.disabled = true;
      continue;
    }
    // It keeps the focus, and is no more pressed than once: see below.
    button.setAttribute("aria-busy", "true");
    const name = first(".name", HTMLElement, button);
    if (!name) continue;
    name.dataset.words ??= name.textContent;
    name.textContent = form.dataset.busy ?? "";
  }
  if (news) news.textContent = form.dataset.busy ?? "";
  setTimeout(reset, LONGEST_WAIT);
}

for (const form of starts) {
  form.addEventListener("click", (event) => {
    elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.button === 1;
  });
  form.addEventListener("submit", (event) => {
    if (leaving) event.preventDefault();
    else if (navigator.onLine && !elsewhere) busy(form);
    elsewhere = false;
  });
}

// Back from Codat by the back button, out of the browser's cache: nothing may be stuck, and what
// was begun meanwhile is to be seen.
addEventListener("pageshow", (event) => {
  reset();
  if (event.persisted && starts.length) location.replace(document.documentElement.dataset.here ?? "");
});

/**
 * Stay here where there is no connection: what is here is worth more than the browser's own page.
 * @param {Event} event
 */
function stay(event) {
  if (navigator.onLine) return;
  const link = event.target instanceof Element && event.target.closest("a[href]");
  if (event.type === "submit" || link) event.preventDefault();
  connection();
}
addEventListener("submit", stay, true);
addEventListener("click", stay, true);

/** Say that there is no connection, where there is none. */
function connection() {
  if (offline) offline.textContent = navigator.onLine ? "" : (offline.dataset.text ?? "");
}
addEventListener("online", connection);
addEventListener("offline", connection);
connection();

// Times are told in UTC by the server, which does not know where the merchant is.
for (const time of all("time", HTMLTimeElement)) {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeStyle: "short" });
  time.textContent = format.format(new Date(time.dateTime));
}

/**
 * Let nothing be tried before its time, and count down to it.
 * @param {HTMLElement} told
 */
function wait(told) {
  const countdown = first("[data-countdown]", HTMLElement, told);
  const digits = first("[data-countdown] bdi", HTMLElement, told);
  const until = first("[data-until]", HTMLElement, told);
  ready = Date.now() + Number(told.dataset.wait) * 1000;
  const tick = () => {
    const left = Math.ceil((ready - Date.now()) / 1000);
    const minutes = Math.floor(left / 60);
    const show = left > 0 && minutes < 60;
    const seconds = String(left % 60).padStart(2, "0");
    if (countdown) countdown.hidden = !show;
    if (until) until.hidden = show;
    if (digits) digits.textContent = `${minutes}:${seconds}`;
    if (left > 0) setTimeout(tick, 1000);
    else reset();
  };
  tick();
  reset();
}
all("[data-wait]", HTMLElement).forEach(wait);
first("[data-focus]", HTMLElement)?.focus();

/**
 * A page that could not be drawn draws itself as soon as it can be.
 * @param {HTMLAnchorElement} link
 */
function again(link) {
  setTimeout(async () => {
    if (document.visibilityState === "visible" && navigator.onLine) {
      const answer = await fetch(link.href, { method: "HEAD", headers }).catch(() => undefined);
      if (answer?.ok) return location.replace(link.href);
    }
    again(link);
  }, Math.max(POLL_EVERY, ready - Date.now()));
}
all("a[data-again]", HTMLAnchorElement).forEach(again);

/**
 * The page of the return draws itself anew once Codat says that it is done, or when that takes
 * too long; meanwhile it stays as it is, with whatever has the focus.
 * @param {HTMLElement} told
 */
async function watch(told) {
  const { watch: address = "", then = "", late } = told.dataset;
  for (const pause of [1, 2, 3, 5, 8, 13]) {
    await new Promise((resolve) => setTimeout(resolve, pause * 1000));
    if (!navigator.onLine || document.visibilityState !== "visible") continue;
    const answer = await fetch(address, { headers }).catch(() => undefined);
    const told = answer?.ok ? await answer.json().catch(() => undefined) : undefined;
    if (told?.status === "completed") return location.replace(then);
  }
  if (late !== undefined && navigator.onLine) location.replace(then);
}
all("[data-watch]", HTMLElement).forEach(watch);

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
 * Narrow the list while somebody types.
 * @param {HTMLFormElement} search
 */
function filtering(search) {
  const input = first("input", HTMLInputElement, search);
  const matches = first("[data-matches]", HTMLElement);
  const none = first("[data-none]", HTMLElement);
  const sought = first("[data-sought]", HTMLElement);
  if (!input) return;
  /** @param {HTMLElement} item */
  const fits = (item) => {
    const terms = item.dataset.terms ?? "";
    const words = input.value.split(/\p{White_Space}+/u).map(plain);
    return words.every((word) => terms.includes(word)) || terms.includes(plain(input.value));
  };
  const narrow = () => {
    let found = 0;
    for (const group of all("[data-group]", HTMLElement)) {
      let shown = 0;
      for (const item of all("[data-terms]", HTMLElement, group)) {
        item.hidden = !fits(item);
        if (!item.hidden) shown += 1;
      }
      group.hidden = shown === 0;
      found += shown;
    }
    if (none) none.hidden = found > 0;
    if (sought) sought.textContent = input.value;
    if (matches) matches.textContent = `${matches.dataset.text} ${found}`;
  };
  const clear = () => {
    input.value = "";
    narrow();
    input.focus();
  };
  input.addEventListener("input", narrow);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && input.value) {
      event.preventDefault();
      clear();
    }
  });
  // What the server narrowed already has to be fetched anew; else all of it is here.
  if (input.defaultValue) return;
  search.addEventListener("submit", (event) => event.preventDefault());
  first("[data-clear]", HTMLAnchorElement)?.addEventListener("click", (event) => {
    event.preventDefault();
    clear();
  });
}

/** Move between the search and the tiles by the arrow keys; to the search by Ctrl or ⌘ and K. */
function shortcuts() {
  const input = first("#q", HTMLInputElement);
  const hint = first("kbd", HTMLElement);
  if (input && hint) {
    hint.textContent = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘ K" : "Ctrl K";
    hint.hidden = matchMedia("(hover: none)").matches;
  }
  addEventListener("keydown", (event) => {
    if (input && event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      input.select();
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const places = [input, ...all("button.tile", HTMLButtonElement)].filter(
      (place) => place && place.offsetParent && !place.disabled,
    );
    const here = places.findIndex((place) => place === document.activeElement);
    if (!step || here < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    places[here + step]?.focus();
  });
}
all("form[data-search]", HTMLFormElement).forEach(filtering);
shortcuts();

for (const button of all("button[data-copy]", HTMLButtonElement)) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy ?? "");
    button.textContent = button.dataset.done ?? "";
  });
}

// Behind a logo that does not come stands the first letter of the name.
for (const image of all("img", HTMLImageElement)) {
  const gone = () => image.closest("[data-start], .tile, .one") && image.remove();
  if (image.complete && !image.naturalWidth) gone();
  else image.addEventListener("error", gone);
}
