/** /push_message and POST /v1/messages: an app node sends one message to many nodes (PROTOCOL §6). */
import type { Hono } from "hono";
import * as v from "valibot";
import type { SendOutcome } from "../../durable/rpc.ts";
import { wireError } from "../../protocol/errors.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { check, fields, id, parsed } from "../fields.ts";
import type { HttpContext, HttpEnv } from "../http-env.ts";
import { HttpError } from "../http-error.ts";
import { messageText } from "../message-text.ts";
import { authenticated } from "../middleware/authenticated.ts";
import { resource } from "../resource.ts";

const TARGETS_FORM = `must be a JSON list of 1 to ${LIMITS.maxPushTargets} node ids`;
const pushRequest = fields({
  to_nodes: parsed(
    v.pipe(v.array(id, TARGETS_FORM), v.minLength(1, TARGETS_FORM), v.maxLength(LIMITS.maxPushTargets, TARGETS_FORM)),
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

function result(nodeId: string, outcome: SendOutcome | undefined) {
  if (outcome === undefined) return { node_id: nodeId, status: "refused", error: wireError("INTERNAL") };
  if (outcome.status !== "refused") return { node_id: nodeId, status: outcome.status };
  return { node_id: nodeId, status: "refused", error: wireError(outcome.code) };
}
