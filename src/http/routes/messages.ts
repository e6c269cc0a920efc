/** /push_message and POST /v1/messages: an app node sends one message to many nodes (PROTOCOL §6). */
import type { Hono } from "hono";
import * as v from "valibot";
import { isObject } from "../../protocol/json-object.ts";
import type { SendOutcome } from "../../durable/rpc.ts";
import { decodeFrame } from "../../protocol/codec.ts";
import { wireError } from "../../protocol/errors.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { fitsUtf8 } from "../../protocol/utf8.ts";
import { check, fields, id } from "../fields.ts";
import type { HttpContext, HttpEnv } from "../http-env.ts";
import { HttpError } from "../http-error.ts";
import { memberText, withoutMembers } from "../../protocol/json-slices.ts";
import { authenticated } from "../middleware/authenticated.ts";
import { resource } from "../resource.ts";

const TARGETS_FORM = `must be a JSON list of 1 to ${LIMITS.maxPushTargets} node ids`;
/** to_nodes says where the message goes; as in the original, what its payload says of that does not count. */
const DESTINATIONS = new Set(["dest_id", "dest_client_id", "dest_session_id", "dest_cluster_id"]);

const pushRequest = fields({
  to_nodes: v.pipe(
    v.unknown(),
    v.transform((value) => (typeof value === "string" ? parseJson(value) : value)),
    v.array(id, TARGETS_FORM),
    v.minLength(1, TARGETS_FORM),
    v.maxLength(LIMITS.maxPushTargets, TARGETS_FORM),
  ),
  payload: v.unknown(),
});

export function messageRoutes(app: Hono<HttpEnv>): void {
  resource(app, "/push_message", { GET: pushMessage, POST: pushMessage }, [authenticated]);
  resource(app, "/v1/messages", { POST: pushMessage }, [authenticated]);
}

async function pushMessage(c: HttpContext): Promise<Response> {
  const caller = c.get("caller");
  if (!caller.app) throw new HttpError("FORBIDDEN", "only an app node may push");
  const { to_nodes: toNodes, payload } = check(pushRequest, c.get("params"));
  const targets = [...new Set(toNodes)];
  const message = messageText(payload, c.get("json"));
  const outcomes = await c.env.NODE.getByName(caller.nodeId).publish(caller, targets, message);
  return c.json({ results: targets.map((target, index) => result(target, outcomes[index])) });
}

/**
 * The message as JSON text: an object, or the text of one, as it came, so that no number in it is altered; any other
 * value as the payload of a message. Throws HttpError where a socket would be told an error for it, too.
 */
function messageText(payload: unknown, json: string | undefined): string {
  // Query and forms have text only.
  const own = typeof payload === "string" || json === undefined ? String(payload) : memberText(json, "payload")!;
  const parsed = parseJson(own);
  if (!isObject(parsed)) return checked(`{"payload":${typeof payload === "string" ? JSON.stringify(payload) : own}}`);
  return checked(withoutMembers(own, DESTINATIONS));
}

function checked(message: string): string {
  if (!fitsUtf8(message, LIMITS.maxFrameBytes)) {
    throw new HttpError("TOO_LARGE", `payload has at most ${LIMITS.maxFrameBytes} bytes as JSON`);
  }
  const members = message.slice(1, -1).trim();
  const [decoded] = decodeFrame(`{"dest_id":"-"${members && ","}${members}}`, "classic");
  if (decoded?.kind === "bad") throw new HttpError(decoded.code, `payload: ${decoded.detail}`);
  return message;
}

function result(nodeId: string, outcome: SendOutcome | undefined) {
  if (outcome === undefined) return { node_id: nodeId, status: "refused", error: wireError("INTERNAL") };
  if (outcome.status !== "refused") return { node_id: nodeId, status: outcome.status };
  return { node_id: nodeId, status: "refused", error: wireError(outcome.code) };
}

/** undefined where the text is not JSON; no JSON text means undefined. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
