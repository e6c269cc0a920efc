/** POST /dev/key: keys for the demo page of `npm run dev`. Not there unless ALLSPARK_DEV_KEYS=true. */
import type { Hono, MiddlewareHandler } from "hono";
import { mintAuthKey } from "../auth/mint.ts";
import { check, fields, flag, id, optional } from "../fields.ts";
import type { HttpContext, HttpEnv } from "../http-env.ts";
import { HttpError } from "../http-error.ts";
import { resource } from "../resource.ts";
import { pageOrNotFound } from "./page.ts";

const KEY_TTL_S = 3_600;

const keyRequest = fields({ node_id: id, client_id: optional(id), app: flag });

export function devKeyRoutes(app: Hono<HttpEnv>): void {
  app.use("/dev/key", devOnly);
  resource(app, "/dev/key", { POST: mintKey });
}

const devOnly: MiddlewareHandler<HttpEnv> = async (c, next) => {
  if (!c.get("config").devKeys) return pageOrNotFound(c);
  await next();
};

async function mintKey(c: HttpContext): Promise<Response> {
  // Any page that a developer has open could reach localhost; only the edge's own gets keys.
  const origin = c.req.header("origin");
  if (origin !== undefined && origin !== new URL(c.req.url).origin)
    throw new HttpError("FORBIDDEN", "only the page of this edge may");
  const { node_id: nodeId, client_id: clientId, app } = check(keyRequest, c.get("params"));
  const { secrets, issuer, audience } = c.get("config").auth;
  const now = Date.now();
  const request = {
    nodeId,
    clientId,
    app,
    ttlSeconds: KEY_TTL_S,
    format: "jwt" as const,
    issuer,
    audience,
  };
  const key = await mintAuthKey(request, secrets[0]!, now);
  return c.json({ auth_key: key, expires_at: now + KEY_TTL_S * 1_000 });
}
