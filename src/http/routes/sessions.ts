/** Sessions (PROTOCOL §6): the original's paths and their REST form, one set of handlers. */
import type { Hono } from "hono";
import * as v from "valibot";
import type { Answer, Created, CreateRequest } from "../../durable/session-rpc.ts";
import type { SessionObject } from "../../durable/session.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { check, fields, flag, id, optional, parsed, whole } from "../fields.ts";
import type { HttpContext, HttpEnv } from "../http-env.ts";
import { HttpError } from "../http-error.ts";
import { authenticated } from "../middleware/authenticated.ts";
import { resource } from "../resource.ts";

const FOUNDING_FORM = `must be JSON: [session_id, [[node_id], [node_id, anonymous_id], …]] with at most ${LIMITS.maxSessionMembers} members`;
// Strict: a tuple of one would take a pair, and show who should be anonymous.
const founder = v.union([v.strictTuple([id]), v.strictTuple([id, optional(id)])], FOUNDING_FORM);
const founding = parsed(
  v.strictTuple(
    [
      id,
      v.pipe(
        v.array(founder, FOUNDING_FORM),
        v.maxLength(LIMITS.maxSessionMembers, FOUNDING_FORM),
        v.check((founders) => new Set(founders.map(([node]) => node)).size === founders.length, "names a node twice"),
        v.check(
          (founders) => founders.every(([node, anonymousId]) => node !== anonymousId),
          "has a node's own id as its anonymous_id",
        ),
      ),
    ],
    FOUNDING_FORM,
  ),
);

const NOTIFY_FORM = `must be true, false or a number of members from 1 to ${LIMITS.maxSessionMembers}`;
const creation = fields({
  session_id: optional(id),
  _session_info_: optional(founding),
  is_anonymous: flag,
  anyone_can_join: flag,
  session_type: optional(whole(0, 1), 0),
  session_game_master_node_id: optional(id),
  // A number first: here 1 is one member, and no way to say true.
  notify_only_last_few_users: optional(v.union([whole(1, LIMITS.maxSessionMembers), flag], NOTIFY_FORM)),
  presence: flag,
  history_messages: optional(whole(0, LIMITS.sessionLogMessages), 0),
  history_minutes: optional(whole(0, LIMITS.sessionLogTtlMs / 60_000), 0),
});

const joining = fields({ is_anonymous: flag, anonymous_id: optional(id) });

export function sessionRoutes(app: Hono<HttpEnv>): void {
  const auth = [authenticated];
  resource(app, "/create_session", { GET: createOriginal, POST: createOriginal }, auth);
  resource(app, "/join_session", { GET: join, POST: join }, auth);
  resource(app, "/unjoin_session", { GET: unjoin, POST: unjoin }, auth);
  resource(app, "/get_session_info", { GET: info, POST: info }, auth);
  resource(app, "/reveal_anonymity", { GET: reveal, POST: reveal }, auth);
  resource(app, "/v1/sessions", { POST: createRest }, auth);
  resource(app, "/v1/sessions/:id", { GET: info, DELETE: close }, auth);
  resource(app, "/v1/sessions/:id/members/:node", { PUT: join, DELETE: unjoin }, auth);
  resource(app, "/v1/sessions/:id/reveal", { POST: reveal }, auth);
}

/** The object of the session that the path or the parameter session_id names. */
export function sessionOf(c: HttpContext): DurableObjectStub<SessionObject> {
  const sessionId = c.req.param("id") ?? c.get("params")["session_id"];
  return c.env.SESSION.getByName(check(fields({ session_id: id }), { session_id: sessionId }).session_id);
}

/** The value of an answer. Throws HttpError where it is a refusal. */
export function accepted<T>(answer: Answer<T>): T {
  if (!answer.ok) throw new HttpError(answer.code, answer.detail);
  return answer.value;
}

/** The original answers the bare id. */
async function createOriginal(c: HttpContext): Promise<Response> {
  return c.text((await create(c)).info.session_id);
}

async function createRest(c: HttpContext): Promise<Response> {
  const { isNew, info: created } = await create(c);
  return c.json(created, isNew ? 201 : 200);
}

async function create(c: HttpContext): Promise<Created> {
  const caller = c.get("caller");
  const given = check(creation, c.get("params"));
  const [foundedId, founders] = given._session_info_ ?? [];
  const sessionId = foundedId ?? given.session_id;
  if (sessionId !== undefined && !caller.app) {
    throw new HttpError("FORBIDDEN", "only an app node may choose the id of a session, or its members");
  }
  const notify = given.notify_only_last_few_users ?? false;
  const request: CreateRequest = {
    isAnonymous: given.is_anonymous,
    anyoneCanJoin: given.anyone_can_join,
    type: given.session_type === 1 ? 1 : 0,
    pinnedMasterId: given.session_game_master_node_id,
    notifyLast: notify === true ? LIMITS.notifyLastUsers : notify === false ? null : notify,
    presence: given.presence,
    historyMessages: given.history_messages,
    historyMinutes: given.history_minutes,
    members: founders?.map(([nodeId, anonymousId]) => ({ nodeId, anonymousId: anonymousId ?? null })),
  };
  return accepted(await c.env.SESSION.getByName(sessionId ?? crypto.randomUUID()).create(caller, request));
}

/** Whom the path or the parameter node_id names; undefined where neither does. */
function namedNode(c: HttpContext): string | undefined {
  const name = c.req.param("node") ?? c.get("params")["node_id"];
  return check(fields({ node_id: optional(id) }), { node_id: name }).node_id;
}

async function join(c: HttpContext): Promise<Response> {
  const { is_anonymous: isAnonymous, anonymous_id: anonymousId } = check(joining, c.get("params"));
  const membership = accepted(
    await sessionOf(c).join(c.get("caller"), { nodeId: namedNode(c), isAnonymous, anonymousId }),
  );
  return c.json(membership);
}

async function unjoin(c: HttpContext): Promise<Response> {
  const caller = c.get("caller");
  return c.json(accepted(await sessionOf(c).unjoin(caller, namedNode(c) ?? caller.nodeId)));
}

async function info(c: HttpContext): Promise<Response> {
  return c.json(accepted(await sessionOf(c).info(c.get("caller"))));
}

async function reveal(c: HttpContext): Promise<Response> {
  return c.json(accepted(await sessionOf(c).reveal(c.get("caller"))));
}

async function close(c: HttpContext): Promise<Response> {
  return c.json(accepted(await sessionOf(c).close(c.get("caller"))));
}
