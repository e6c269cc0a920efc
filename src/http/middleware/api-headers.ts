/**
 * Headers of every API answer. Pages of other origins call the edge, so any origin may; no cookies
 * are used, keys are sent explicitly, so there are no credentials to protect.
 */
import type { MiddlewareHandler } from "hono";
import type { HttpEnv } from "../http-env.ts";

const PREFLIGHT = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, HEAD, POST, PUT, DELETE",
  "access-control-allow-headers": "authorization, content-type",
  "access-control-max-age": "86400",
};

export const apiHeaders: MiddlewareHandler<HttpEnv> = async (c, next) => {
  if (c.req.method === "OPTIONS") return new Response(null, { status: 204, headers: PREFLIGHT });
  await next();
  // A 101 cannot be copied without losing its socket, and needs none of this.
  if (c.res.status === 101 || c.get("isPage")) return;
  c.res.headers.set("access-control-allow-origin", "*");
  c.res.headers.set("cache-control", "no-store");
  c.res.headers.set("x-content-type-options", "nosniff");
};
