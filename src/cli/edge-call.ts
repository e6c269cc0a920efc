/** Calls of the edge's HTTP API that the client library has no method for. They fail with the library's errors. */
import { AllsparkError, ConnectionError, RefusedError } from "../client/index.ts";
import type { WireError } from "../protocol/errors.ts";
import { isObject } from "../protocol/json-object.ts";
import type { Speaker } from "./config/speaker.ts";
import type { Context } from "./context.ts";

export interface Call {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  path: string;
  body?: unknown;
  /** Whose key goes along; none by default. */
  speaker?: Pick<Speaker, "authKey">;
}

/** The edge may take so long. */
const WITHIN_MS = 15_000;

/** The parsed answer. */
export async function edgeCall<T>(
  { config, signal }: Context,
  { method = "GET", path, body, speaker }: Call,
): Promise<T> {
  const authKey = typeof speaker?.authKey === "function" ? await speaker.authKey() : speaker?.authKey;
  let response: Response;
  let text: string;
  try {
    response = await fetch(config.url + path, {
      method,
      headers: {
        ...(authKey === undefined ? {} : { authorization: `Bearer ${authKey}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(WITHIN_MS)]),
    });
    text = await response.text();
  } catch (cause) {
    throw new ConnectionError("NETWORK", `${config.url} was not reached: ${(cause as Error).message}`, {
      temporary: true,
      cause,
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (!response.ok) throw refusal(response.status, value, `${method} ${path}`);
  if (value === undefined)
    throw new AllsparkError("PROTOCOL", `${method} ${path} answered no JSON: is this an Allspark?`);
  return value as T;
}

function refusal(status: number, value: unknown, what: string): AllsparkError {
  const error = isObject(value) && isObject(value["error"]) ? (value["error"] as Partial<WireError>) : undefined;
  if (typeof error?.code === "string") {
    return new RefusedError(
      { code: error.code, message: error.message ?? "", temporary: error.temporary === true },
      status,
    );
  }
  const temporary = status === 429 || status >= 500;
  return new ConnectionError(
    "NETWORK",
    `${what} was answered HTTP ${status} and no Allspark error: is this an Allspark?`,
    {
      temporary,
    },
  );
}

/** A path with ids in it. */
export function path(strings: TemplateStringsArray, ...ids: string[]): string {
  return String.raw({ raw: strings }, ...ids.map(encodeURIComponent));
}
