/** What an app may set, and what holds where it does not. */
import { AllsparkError } from "./errors.ts";
import type { ClientStore } from "./storage/client-store.ts";

/**
 * As much of a WebSocket as the library needs; the global one and that of `ws` fit.
 *
 * @example
 * ```ts
 * import { Allspark, type WebSocketLike } from "allspark/client";
 *
 * const open = (url: string, protocols?: string[]): WebSocketLike => new WebSocket(url, protocols);
 * console.log(typeof open, Allspark.name);
 * ```
 */
export interface WebSocketLike {
  send(data: string): void;
  close(code?: number, reason?: string): void;
  onopen: ((event: never) => unknown) | null;
  onmessage: ((event: never) => unknown) | null;
  onclose: ((event: never) => unknown) | null;
  onerror: ((event: never) => unknown) | null;
}

/**
 * The options of {@link Allspark}.
 *
 * @example
 * ```ts
 * import { Allspark, type AllsparkOptions } from "allspark/client";
 * import { indexedDbStore } from "allspark/client/storage";
 *
 * const options: AllsparkOptions = {
 *   url: "https://allspark.example.workers.dev",
 *   authKey: async () => (await fetch("/allspark-key")).text(),
 *   storage: indexedDbStore("chat"),
 * };
 * console.log(new Allspark(options).status.state);
 * ```
 */
export interface AllsparkOptions {
  /** Base address of the edge, `https://…` or `http://…`. */
  url: string;
  /** An auth_key, or what fetches a fresh one; asked for each connection and after a key was refused. */
  authKey: string | (() => string | Promise<string>);
  /** Keeps unacked messages and the place in the inbox across reloads and crashes. One node per store. Default: none. */
  storage?: ClientStore;
  /** Default: the global one. */
  WebSocket?: new (url: string, protocols?: string[]) => WebSocketLike;
  /** Default: the global one. */
  fetch?: typeof globalThis.fetch;
  /** Messages not yet acked, waiting or under way; past it `send` refuses. Default 5,000. */
  maxQueuedMessages?: number;
  /** And their size, in UTF-16 units of JSON text. Default 8 Mi. */
  maxQueuedBytes?: number;
  /** How long an attempt to connect may take, ms. Default 15,000. */
  connectTimeoutMs?: number;
  /** How long the edge may take to answer a heartbeat, ms. Default 8,000. */
  pongTimeoutMs?: number;
  /** First and longest delay of reconnects, ms; each is a random part of it. Default 500 and 30,000. */
  reconnectBaseMs?: number;
  reconnectCapMs?: number;
}

const NUMBERS = {
  maxQueuedMessages: 5_000,
  maxQueuedBytes: 8 * 1024 * 1024,
  connectTimeoutMs: 15_000,
  pongTimeoutMs: 8_000,
  reconnectBaseMs: 500,
  reconnectCapMs: 30_000,
};

/** The options with every default filled in. */
export interface Settings extends Readonly<typeof NUMBERS> {
  readonly url: string;
  readonly authKey: () => Promise<string>;
  /** A new key can be had, so one that was refused is no end. */
  readonly canRenewKey: boolean;
  readonly storage: ClientStore | undefined;
  readonly WebSocket: new (url: string, protocols?: string[]) => WebSocketLike;
  readonly fetch: typeof globalThis.fetch;
}

/** Throws AllsparkError BAD_OPTION naming the option and what would be right. */
export function settingsOf(options: AllsparkOptions): Settings {
  const { url, authKey, storage } = options;
  if (!isAddress(url)) bad("url must start with https:// or http://, and have no user, query or fragment");
  if (typeof authKey !== "function" && keyOf(authKey) === undefined) bad("authKey must be a key, or a function");
  const numbers = { ...NUMBERS };
  for (const name of Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]) {
    const value = options[name];
    if (value === undefined) continue;
    if (!(value > 0)) bad(`${name} must be a number above 0`);
    // Timers take no more.
    numbers[name] = Math.min(value, 2 ** 31 - 1);
  }
  return {
    ...numbers,
    url: url.replace(/\/+$/, ""),
    authKey: async () => {
      const key = keyOf(typeof authKey === "function" ? await authKey() : authKey);
      // An error page, or nothing, of a backend that is not well: as if the function had failed.
      if (key === undefined) throw new TypeError("authKey answered none");
      return key;
    },
    canRenewKey: typeof authKey === "function",
    storage,
    WebSocket: options.WebSocket ?? globalThis.WebSocket ?? missing("WebSocket"),
    // Called as a method of anything else, a browser's fetch throws.
    fetch: options.fetch ?? globalThis.fetch?.bind(globalThis) ?? missing("fetch"),
  };
}

function isAddress(url: string): boolean {
  try {
    return /^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/i.test(url) && Boolean(new URL(url));
  } catch {
    return false;
  }
}

/** A file, or the body of an answer, may end with a line break. What no header can hold, fetch's errors would quote. */
function keyOf(given: unknown): string | undefined {
  const key = typeof given === "string" ? given.trim() : "";
  return /^[!-~]+$/.test(key) ? key : undefined;
}

function missing(name: string): never {
  return bad(`there is no global ${name} here: give the option ${name}`);
}

function bad(message: string): never {
  throw new AllsparkError("BAD_OPTION", message);
}
