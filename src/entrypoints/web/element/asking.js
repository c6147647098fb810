// @ts-check
/**
 * The questions: to the platform for a connect token, and to Tillbridge for what there is to choose.
 *
 * @import { Problem } from "../static/tillbridge-picker.d.ts"
 * @import { View } from "./drawing.js"
 * @import { Texts } from "./texts.js"
 */

/**
 * @typedef {object} Question
 * @property {string} base Tillbridge's public URL
 * @property {string | null} lang
 * @property {string} connect the platform's endpoint, unless there is *getToken*
 * @property {(() => Promise<string>) | null} getToken
 * @property {Texts} texts
 * @property {AbortSignal} signal aborts when it takes too long
 */

/** Something that did not work, as events tell it. */
export class Trouble extends Error {
  /** @param {Problem} problem @param {string} [title] */
  constructor(problem, title) {
    super(problem.detail);
    this.problem = problem;
    this.title = title;
  }

  /**
   * Whether nobody vouches any more for the merchant of whom the picker tells. A platform that is
   * out of order says nothing of the kind.
   */
  get refused() {
    const { kind, status = 0 } = this.problem;
    return kind === "token" ? status < 500 : [401, 403, 410].includes(status);
  }
}

/**
 * What there is to choose, and a ticket.
 * @param {Question} question
 * @returns {Promise<View>}
 */
export async function ask(question) {
  const { base, lang, texts, signal } = question;
  const query = lang ? `?lang=${encodeURIComponent(lang)}` : "";
  for (let again = true; ; again = false) {
    const token = await tokenFor(question);
    const { answer, told } = await reach(texts, `${base}/connect/component${query}`, {
      method: "POST",
      body: new URLSearchParams({ token }),
      credentials: "omit",
      referrerPolicy: "strict-origin",
      signal,
    });
    if (answer.ok) {
      if (Array.isArray(told?.groups)) return told;
      throw new TypeError("Whatever answered is not Tillbridge");
    }
    // The token took too long to get here: a fresh one may do better, once.
    if (answer.status !== 410 || !again) throw refusal(answer, told, texts.failed);
  }
}

/**
 * A connect token of the platform's.
 * @param {Question} question
 * @returns {Promise<string>}
 */
async function tokenFor({ connect, getToken, texts, signal }) {
  /** @type {unknown} */
  let token;
  /** @type {number | undefined} */
  let status;
  if (getToken) {
    // Called within a promise, so that what it throws at once counts as well.
    const given = new Promise((resolve) => resolve(getToken())).catch((error) => {
      throw new Trouble({ kind: "token", detail: String(error) });
    });
    token = await Promise.race([given, impatience(signal, texts)]);
  } else {
    const { answer, told } = await reach(texts, connect, {
      method: "POST",
      credentials: "same-origin",
      // No form of another site can send this header: it tells the platform who asks.
      headers: { Accept: "application/json", "X-Requested-With": "tillbridge-picker" },
      signal,
    });
    status = answer.status;
    token = answer.ok && told?.token;
  }
  if (typeof token === "string" && token) return token;
  throw new Trouble({ kind: "token", detail: "No token", status });
}

/**
 * A promise that fails when *signal* aborts.
 * @param {AbortSignal} signal
 * @param {Texts} texts
 * @returns {Promise<never>}
 */
function impatience(signal, texts) {
  return new Promise((_, reject) => {
    const stop = () => reject(new Trouble({ kind: "timeout", detail: texts.blame }));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop);
  });
}

/**
 * The answer of *address*, and what it tells as JSON, if it does.
 * @param {Texts} texts
 * @param {string} address
 * @param {RequestInit} request
 */
async function reach(texts, address, request) {
  try {
    const answer = await fetch(address, request);
    return { answer, told: parsed(await answer.text()) };
  } catch {
    const kind = request.signal?.aborted ? "timeout" : navigator.onLine ? "network" : "offline";
    throw new Trouble({ kind, detail: kind === "offline" ? texts.offline : texts.blame });
  }
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * What a refusal of Tillbridge's says (RFC 9457); its texts are for the merchant.
 * @param {Response} answer
 * @param {any} told
 * @param {string} failed
 */
function refusal({ status, headers }, told, failed) {
  const { title = failed, detail = "", type, reference } = told ?? {};
  const retryAfter = Number(headers.get("Retry-After")) || undefined;
  return new Trouble({ kind: "refused", detail, status, type, reference, retryAfter }, title);
}
