/** /v1/nodes/{id}/inbox and /ack: what waits for a node, read and acked without a socket. */
import type { Hono } from "hono";
import * as v from "valibot";
import { LIMITS } from "../../protocol/limits.ts";
import { check, fields, optional, whole } from "../fields.ts";
import type { HttpContext, HttpEnv } from "../http-env.ts";
import { authenticated } from "../middleware/authenticated.ts";
import { nodeOf, selfOrApp } from "../node-access.ts";
import { resource } from "../resource.ts";

const inboxQuery = fields({
  from_seq: optional(whole(0)),
  to_seq: optional(whole(0)),
  from_timestamp: optional(whole(0)),
  to_timestamp: optional(whole(0)),
  limit: optional(whole(1, LIMITS.maxInboxPage), LIMITS.maxInboxPage),
  order: optional(v.picklist(["asc", "desc"], "must be asc or desc"), "asc"),
});
const ackRequest = fields({ seq: whole(0) });

export function inboxRoutes(app: Hono<HttpEnv>): void {
  resource(app, "/v1/nodes/:id/inbox", { GET: readInbox }, [authenticated]);
  resource(app, "/v1/nodes/:id/ack", { POST: acknowledge }, [authenticated]);
}

async function readInbox(c: HttpContext): Promise<Response> {
  selfOrApp(c);
  const query = check(inboxQuery, c.get("params"));
  const { epoch, messages, from_seq, to_seq, more } = await nodeOf(c).readInbox({
    fromSeq: query.from_seq,
    toSeq: query.to_seq,
    fromTimestamp: query.from_timestamp,
    toTimestamp: query.to_timestamp,
    limit: query.limit,
    order: query.order,
  });
  // Stored messages are JSON text and go in as they are: parsing them would round integers past 2^53.
  const rest = JSON.stringify({ from_seq, to_seq, more }).slice(1);
  return c.body(`{"epoch":${JSON.stringify(epoch)},"messages":[${messages.join(",")}],${rest}`, 200, {
    "content-type": "application/json",
  });
}

async function acknowledge(c: HttpContext): Promise<Response> {
  selfOrApp(c);
  return c.json(await nodeOf(c).acknowledge(check(ackRequest, c.get("params")).seq));
}
