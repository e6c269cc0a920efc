/** GET /v1/health: is a rightly configured Worker answering? Calls no object. */
import type { Hono } from "hono";
import type { HttpEnv } from "../http-env.ts";
import { resource } from "../resource.ts";

export function healthRoutes(app: Hono<HttpEnv>): void {
  resource(app, "/v1/health", {
    GET: (c) => c.json({ status: "ok", cluster_id: c.get("config").clusterId, server_time: Date.now() }),
  });
}
