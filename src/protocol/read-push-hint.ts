/** Reads what a message says of its push: the sender's field `push`. */
import { LIMITS } from "./limits.ts";
import type { PushHint, PushWish } from "./push-hint.ts";
import { fitsUtf8 } from "./utf8.ts";

/** What is wrong with a field, in words for the sender; holds nothing of what was given. */
export interface HintProblem {
  problem: string;
}

/** Thrown within this file only. */
class Unfit extends Error {}

/** C0, DEL and C1 but for line breaks, and what turns the direction of all that follows it on a screen (Unicode UAX #9). */
// oxlint-disable-next-line no-control-regex
const UNSHOWN = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;
const LINE_BREAK = /\r\n?|[\u0085\u2028\u2029]/g;

/**
 * The hint that a message's `push` gives: `false` asks for no push; an object words it, its `title`, `body`, `data` and
 * `silent` sized (LIMITS.maxPush…) and cleaned, anything else in it ignored. `true`, null and nothing at all ask for the
 * push that the edge would make: undefined, as does an object that says nothing.
 */
export function readPushHint(value: unknown): PushHint | HintProblem | undefined {
  if (value === undefined || value === null || value === true) return undefined;
  if (value === false) return { off: true };
  if (!isObject(value)) return { problem: "push must be false or an object" };
  try {
    const wish = readWish(value);
    return Object.keys(wish).length === 0 ? undefined : { wish };
  } catch (error) {
    if (error instanceof Unfit) return { problem: error.message };
    throw error;
  }
}

function readWish(value: Record<string, unknown>): PushWish {
  const title = readText("push.title", value["title"], LIMITS.maxPushTitleBytes, " ");
  const body = readText("push.body", value["body"], LIMITS.maxPushBodyBytes, "\n");
  const data = readData(value["data"]);
  const silent = value["silent"] ?? false;
  if (typeof silent !== "boolean") throw new Unfit("push.silent must be true or false");
  return { ...(title && { title }), ...(body && { body }), ...(data && { data }), ...(silent && { silent }) };
}

/** Cleaned, with `lineBreak` for every line break; "" where there is none. */
function readText(name: string, value: unknown, maxBytes: number, lineBreak: string): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") throw new Unfit(`${name} must be text`);
  const lines = value.replace(LINE_BREAK, "\n").replaceAll("\t", " ").replace(UNSHOWN, "");
  const text = lines.replaceAll("\n", lineBreak).toWellFormed().trim();
  if (!fitsUtf8(text, maxBytes)) throw new Unfit(`${name} is longer than ${maxBytes} bytes`);
  return text;
}

/** Undefined where there is none. */
function readData(value: unknown): Record<string, string> | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw new Unfit("push.data must be an object");
  const entries = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  if (entries.length === 0) return undefined;
  if (entries.length > LIMITS.maxPushDataKeys) {
    throw new Unfit(`push.data has more than ${LIMITS.maxPushDataKeys} members`);
  }
  // Not by assignment: a member may be called __proto__.
  const data = Object.fromEntries(entries.map(([key, member]) => [key.toWellFormed(), readMember(member)]));
  if (!fitsUtf8(JSON.stringify(data), LIMITS.maxPushDataBytes)) {
    throw new Unfit(`push.data is longer than ${LIMITS.maxPushDataBytes} bytes of JSON`);
  }
  return data;
}

/** Push services take nothing but text there. */
function readMember(value: unknown): string {
  if (typeof value === "string") return value.toWellFormed();
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new Unfit("push.data must hold text, numbers and booleans alone");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
