/** A message that comes over HTTP, as text, so that no number in it is altered. */
import { decodeFrame } from "../protocol/codec.ts";
import { isObject } from "../protocol/json-object.ts";
import { memberText, withoutMembers } from "../protocol/json-slices.ts";
import { LIMITS } from "../protocol/limits.ts";
import { fitsUtf8 } from "../protocol/utf8.ts";
import { HttpError } from "./http-error.ts";

/** The call says where a message goes; as in the original, what its payload says of that does not count. */
const DESTINATIONS = new Set(["dest_id", "dest_client_id", "dest_session_id", "dest_cluster_id"]);

/**
 * The message as JSON text without a destination: an object, or the text of one, as it came; any other value as the
 * payload of a message. `json` is the text of a JSON body. Throws HttpError where a socket would be told an error for
 * it, too.
 */
export function messageText(payload: unknown, json: string | undefined): string {
  // Query and forms have text only.
  const own = typeof payload === "string" || json === undefined ? String(payload) : memberText(json, "payload")!;
  const value = parseJson(own);
  if (!isObject(value)) {
    return checked(`{"payload":${typeof payload === "string" ? JSON.stringify(payload) : own}}`);
  }
  return checked(withoutMembers(own, DESTINATIONS));
}

/** A message's text (a JSON object) with a destination in front. */
export function addressed(message: string, destination: object): string {
  const members = message.slice(1, -1).trim();
  return `${JSON.stringify(destination).slice(0, -1)}${members && ","}${members}}`;
}

/** undefined where the text is not JSON; no JSON text means undefined. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function checked(message: string): string {
  if (!fitsUtf8(message, LIMITS.maxFrameBytes)) {
    throw new HttpError("TOO_LARGE", `payload has at most ${LIMITS.maxFrameBytes} bytes as JSON`);
  }
  const [decoded] = decodeFrame(addressed(message, { dest_id: "-" }), "classic");
  if (decoded?.kind === "bad") throw new HttpError(decoded.code, `payload: ${decoded.detail}`);
  return message;
}
