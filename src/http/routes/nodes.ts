/** /v1/nodes/{id}: its state, its client and address, its sessions, its revocation. */
import type { Hono } from "hono";
import * as v from "valibot";
import { check, fields, id } from "../fields.ts";
import type { HttpContext, HttpEnv } from "../http-env.ts";
import { HttpError } from "../http-error.ts";
import { authenticated } from "../middleware/authenticated.ts";
import { appOnly, nodeOf, selfOrApp } from "../node-access.ts";
import { resource } from "../resource.ts";

const MAX_ADDR_BYTES = 512;
const ADDR_FORM = `must be null or text of at most ${MAX_ADDR_BYTES} bytes`;

/** Forms have no null: their empty text clears, too. */
const cleared = v.pipe(
  v.literal(""),
  v.transform(() => null),
);
const assignment = fields({
  client_id: v.optional(
    v.union([v.null(), cleared, id], "must be null or an id: text of 1 to 128 bytes without control characters"),
  ),
  addr: v.optional(v.union([v.null(), cleared, v.pipe(v.string(), v.maxBytes(MAX_ADDR_BYTES))], ADDR_FORM)),
});

export function nodeRoutes(app: Hono<HttpEnv>): void {
  resource(app, "/v1/nodes/:id", { GET: describeNode, PUT: assignNode }, [authenticated]);
  resource(app, "/v1/nodes/:id/sessions", { GET: listSessions }, [authenticated]);
  resource(app, "/v1/nodes/:id/revoke", { POST: revokeNode }, [authenticated]);
}

async function describeNode(c: HttpContext): Promise<Response> {
  selfOrApp(c);
  const state = await nodeOf(c).describe();
  if (!state.registered) throw new HttpError("NODE_NOT_REGISTERED");
  return c.json(state);
}

async function assignNode(c: HttpContext): Promise<Response> {
  appOnly(c);
  const { client_id: clientId, addr } = check(assignment, c.get("params"));
  if (clientId === undefined && addr === undefined) throw new HttpError("BAD_REQUEST", "give client_id or addr");
  const answer = await nodeOf(c).assign({ clientId, addr });
  if (!answer.ok) throw new HttpError(answer.code);
  return c.json(answer.state);
}

async function listSessions(c: HttpContext): Promise<Response> {
  selfOrApp(c);
  return c.json({ sessions: await nodeOf(c).listSessions() });
}

async function revokeNode(c: HttpContext): Promise<Response> {
  appOnly(c);
  return c.json(await nodeOf(c).revoke());
}
