/** Types of `<tillbridge-picker>`, for TypeScript; see docs/embedding.md. */

/** One integration, as events tell of it. */
export interface Choice {
  /** Codat's platform key, for example `gbol`. */
  key: string;
  /** The product's name. */
  name: string;
  /** `choose`, `continue` and `manage` can be started; `soon` and `off` are only on show. */
  state: "choose" | "continue" | "manage" | "soon" | "off";
}

/** What the picker shows now. */
export interface Ready {
  /** The BCP 47 tag of the language that it speaks. */
  language: string;
  integrations: Choice[];
}

/** Something that did not work; the merchant is told already. */
export interface Problem {
  /**
   * `token`: your endpoint or `getToken` gave no token; `refused`: Tillbridge says no;
   * `network`, `timeout`, `offline`: it could not be reached; `blocked`: your page's content
   * security policy stopped the form; `answer`: whatever answered is not Tillbridge.
   */
  kind: "token" | "refused" | "network" | "timeout" | "offline" | "blocked" | "answer";
  detail: string;
  /** The HTTP status, if there was an answer. */
  status?: number | undefined;
  /** The type of the problem (RFC 9457), if Tillbridge refused. */
  type?: string | undefined;
  /** What support can look up in Tillbridge's logs. */
  reference?: string | undefined;
  /** Seconds after which trying again makes sense. */
  retryAfter?: number | undefined;
}

export interface TillbridgePickerEventMap {
  "tillbridge-ready": CustomEvent<Ready>;
  "tillbridge-choose": CustomEvent<Choice>;
  "tillbridge-leave": CustomEvent<Choice>;
  "tillbridge-problem": CustomEvent<Problem>;
}

/** The attributes of `<tillbridge-picker>`. */
export interface TillbridgePickerAttributes {
  /** Tillbridge's public URL; by default, from where the script came. */
  tillbridge?: string;
  /** Your endpoint that answers `{"token": "…"}` to a POST of your logged-in merchant. */
  connect?: string;
  /** Whoever is logged in, in any words of yours: a change clears what is shown, and loads anew. */
  merchant?: string;
  /** A BCP 47 tag; by default that of the connect token, else what the browser prefers. */
  lang?: string;
  /** By default that of the brand, else the `color-scheme` of your page. */
  mode?: "light" | "dark" | "system";
  /** Your own heading; empty for none. */
  heading?: string;
  /** 1 to 5; 2 by default. */
  "heading-level"?: string | number;
}

export class TillbridgePicker extends HTMLElement {
  /** Where connect tokens come from, instead of the attribute `connect`. */
  getToken: (() => Promise<string>) | null;
  /** Ask again what there is to choose. */
  reload(): Promise<void>;
  addEventListener<K extends keyof TillbridgePickerEventMap>(
    type: K,
    listener: (this: TillbridgePicker, event: TillbridgePickerEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "tillbridge-picker": TillbridgePicker;
  }
}
