/** Calls of the edge's HTTP API (docs/http.md) with a key that is fetched anew when it was refused. */
import type { WireError } from "../protocol/errors.ts";
import { AllsparkError, ConnectionError, RefusedError } from "./errors.ts";
import type { Settings } from "./options.ts";

export interface CallOptions {
  body?: unknown;
  query?: Record<string, string | number | undefined>;
  signal?: AbortSignal;
}

type Method = "GET" | "POST" | "PUT" | "DELETE";

export class EdgeHttp {
  readonly #settings: Settings;
  #key: Promise<string> | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** The key that calls use at the moment. */
  get key(): Promise<string> {
    return this.#key ?? this.freshKey();
  }

  /** A key fetched now; the calls that follow use it too. */
  freshKey(): Promise<string> {
    const key: Promise<string> = this.#settings.authKey().catch((error: unknown) => {
      // One that could not be fetched is asked for again.
      if (this.#key === key) this.#key = undefined;
      throw noKey(error);
    });
    this.#key = key;
    return key;
  }

  /**
   * The parsed answer. Rejects with RefusedError where the edge says no, with ConnectionError NETWORK where it was not reached
   * or there is no key, and with the signal's reason.
   */
  async call<T>(method: Method, path: string, options: CallOptions = {}): Promise<T> {
    const held = this.#key;
    try {
      return await this.#once<T>(method, path, options, await this.key);
    } catch (error) {
      const isStale = error instanceof RefusedError && error.status === 401 && held !== undefined;
      if (!isStale || !this.#settings.canRenewKey) throw error;
      return this.#once<T>(method, path, options, await this.freshKey());
    }
  }

  /** The same with a given key. */
  async #once<T>(method: Method, path: string, { body, query, signal }: CallOptions, key: string): Promise<T> {
    const given = new URLSearchParams();
    for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) given.append(name, String(value));
    const search = String(given);
    const headers: Record<string, string> = { authorization: `Bearer ${key}` };
    if (body !== undefined) headers["content-type"] = "application/json";
    let response: Response;
    let text: string;
    try {
      response = await this.#settings.fetch(`${this.#settings.url}${path}${search && "?"}${search}`, {
        method,
        headers,
        body: JSON.stringify(body),
        signal: signal ?? null,
      });
      text = await response.text();
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new ConnectionError("NETWORK", `${this.#settings.url} was not reached: ${(error as Error).message}`, {
        temporary: true,
        cause: error,
      });
    }
    const value = parsed(text);
    if (!response.ok) throw refusal(response, value);
    if (value === undefined)
      throw new AllsparkError("PROTOCOL", `${method} ${path} answered no JSON: is this an Allspark?`);
    return value as T;
  }
}

/** The app's own function for keys may fail for as long as it is offline, too. */
function noKey(error: unknown): AllsparkError {
  if (error instanceof AllsparkError) return error;
  return new ConnectionError("NETWORK", `there is no key: ${String(error)}`, { temporary: true, cause: error });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refusal(response: Response, value: unknown): AllsparkError {
  const { status } = response;
  const error = (value as { error?: WireError } | undefined)?.error;
  const retryAfterMs = Number(response.headers.get("retry-after")) * 1_000 || undefined;
  if (typeof error?.code === "string") return new RefusedError(error, status, retryAfterMs);
  // Something between here and the edge has answered.
  const temporary = status === 429 || status >= 500;
  const message = `the answer was HTTP ${status} and no Allspark error`;
  return new ConnectionError("NETWORK", message, { temporary, retryAfterMs });
}

/** An id as part of a path. */
export function segment(id: string): string {
  return encodeURIComponent(id);
}
