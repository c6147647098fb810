// @ts-check
// What makes the pages nicer: filtering, shortcuts, busy and offline states.
// Without this script everything works just the same.

const LONGEST_WAIT = 15000;
const POLL_EVERY = 5000;

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

/** Give every button its words back, and make it work again, if it may. */
function reset() {
  for (const form of starts) {
    const button = first("button", HTMLButtonElement, form);
    const name = first(".name", HTMLElement, form);
    if (!button || !name) continue;
    button.removeAttribute("aria-busy");
    button.disabled = ready > Date.now();
    if (name.dataset.words) name.textContent = name.dataset.words;
  }
}

/**
 * Show that the merchant is on the way by this form, and that nothing else can be chosen.
 * @param {HTMLFormElement} form
 */
function busy(form) {
  const button = first("button", HTMLButtonElement, form);
  const name = first(".name", HTMLElement, form);
  if (!button || !name) return;
  name.dataset.words ??= name.textContent;
  name.textContent = form.dataset.busy ?? "";
  button.setAttribute("aria-busy", "true");
  // Not before the form is on its way: a disabled button would take the submission along.
  setTimeout(() => {
    for (const other of starts) {
      for (const its of all("button", HTMLButtonElement, other)) its.disabled = true;
    }
  });
  setTimeout(reset, LONGEST_WAIT);
}

for (const form of starts) {
  form.addEventListener("click", (event) => {
    elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.button === 1;
  });
  form.addEventListener("submit", (event) => {
    if (!navigator.onLine) {
      event.preventDefault();
      connection();
    } else if (!elsewhere) {
      busy(form);
    }
    elsewhere = false;
  });
}

// Back from Codat by the back button, out of the browser's cache: nothing may be stuck.
addEventListener("pageshow", (event) => {
  reset();
  // In a frame, each form has a ticket, which works once: a fresh page has a fresh one.
  if (event.persisted && first("form[data-start] [name=token]", HTMLInputElement)) location.reload();
});

/** Say that there is no connection, where there is none. */
function connection() {
  if (offline) offline.textContent = navigator.onLine ? "" : (offline.dataset.text ?? "");
}
addEventListener("online", connection);
addEventListener("offline", connection);
connection();

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
      const answer = await fetch(link.href, { method: "HEAD" }).catch(() => undefined);
      if (answer?.ok) return location.replace(link.href);
    }
    again(link);
  }, Math.max(POLL_EVERY, ready - Date.now()));
}
all("a[data-again]", HTMLAnchorElement).forEach(again);

/**
 * Text without case, accents and spaces: the server compares in the same way.
 * @param {string} text
 */
const plain = (text) => text.toLowerCase().normalize("NFKD").replace(/[\p{M}\s]/gu, "");

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
    const words = input.value.trim().split(/\s+/).map(plain);
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
