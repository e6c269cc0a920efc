/** /v1/nodes/{id}/push-targets: the ways to wake a node; and /v1/push: what this deployment offers. */
import type { Hono } from "hono";
import * as v from "valibot";
import { publicTarget } from "../../domain/push/public-target.ts";
import { isPushKind, readTarget } from "../../domain/push/read-target.ts";
import { PUSH_KINDS, type PushKind } from "../../domain/push/target.ts";
import { pushCaller } from "../../durable/push-caller.ts";
import type { StoredTarget } from "../../durable/sql/push-store.ts";
import { judgeUrl } from "../../push/public-url.ts";
import { testTargets } from "../../push/test-targets.ts";
import { check, fields, optional } from "../fields.ts";
import type { HttpContext, HttpEnv } from "../http-env.ts";
import { HttpError } from "../http-error.ts";
import { authenticated } from "../middleware/authenticated.ts";
import { nodeOf, selfOrApp } from "../node-access.ts";
import { resource } from "../resource.ts";

const which = fields({
  token: optional(v.string("must be the token, endpoint or URL of one target")),
  id: optional(v.string("must be the id of one target")),
});

export function pushTargetRoutes(app: Hono<HttpEnv>): void {
  resource(app, "/v1/push", { GET: offer });
  resource(app, "/v1/nodes/:id/push-targets", { GET: listTargets }, [authenticated]);
  // Before the kinds, none of which is called so.
  resource(app, "/v1/nodes/:id/push-targets/test", { POST: testPush }, [authenticated]);
  resource(app, "/v1/nodes/:id/push-targets/:kind", { PUT: addTarget, DELETE: removeTargets }, [authenticated]);
}

/** What anyone may know: a browser needs the public key before it can subscribe. */
function offer(c: HttpContext): Response {
  const { fcm, apns, vapid, webhook } = c.get("config").push;
  return c.json({
    fcm: fcm !== undefined,
    apns: apns !== undefined,
    webpush: vapid === undefined ? null : { application_server_key: vapid.publicKey },
    webhook: true,
    fallback_webhook: webhook !== undefined,
  });
}

async function listTargets(c: HttpContext): Promise<Response> {
  selfOrApp(c);
  return c.json({ targets: (await nodeOf(c).pushTargets()).map(listed) });
}

async function addTarget(c: HttpContext): Promise<Response> {
  selfOrApp(c);
  const { allowPrivate } = c.get("config").push;
  const target = readTarget(kindOf(c), c.get("params"), (url) => judgeUrl(url, allowPrivate));
  if ("problem" in target) throw new HttpError("BAD_REQUEST", target.problem);
  const stored = await nodeOf(c).addPushTarget(target);
  if (stored === undefined) throw new HttpError("PUSH_TARGETS_FULL");
  return c.json({ target: listed(stored) });
}

async function removeTargets(c: HttpContext): Promise<Response> {
  selfOrApp(c);
  const { token, id } = check(which, c.get("params"));
  return c.json(await nodeOf(c).removePushTargets(kindOf(c), { name: token, id }));
}

/** Calls the targets now, and answers how each took it. */
async function testPush(c: HttpContext): Promise<Response> {
  selfOrApp(c);
  const node = nodeOf(c);
  const toSend = await node.testPush();
  if (toSend === undefined) throw new HttpError("RATE_LIMITED", "a node's targets are tested once in five seconds");
  const outcomes = await testTargets(pushCaller(c.env, c.get("config").push), toSend);
  await node.pushSettled(
    undefined,
    outcomes.map(({ id, result }) => ({ id, result })),
  );
  return c.json({ results: outcomes.map(({ id, kind, result, why }) => ({ id, kind, result, ...(why && { why }) })) });
}

function kindOf(c: HttpContext): PushKind {
  const kind = c.req.param("kind");
  if (!isPushKind(kind)) throw new HttpError("NOT_FOUND", `push targets are of the kinds ${PUSH_KINDS.join(", ")}`);
  return kind;
}

function listed({ id, target, addedAt }: StoredTarget) {
  return { ...publicTarget(target, id), added_at: addedAt };
}
