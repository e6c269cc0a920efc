/** `/`, which is the original's pre-connection path as well as the page, and every path that is not the API's. */
import type { Hono } from "hono";
import type { HttpContext, HttpEnv } from "../http-env.ts";
import { HttpError } from "../http-error.ts";
import { asksPreConnection, preConnect } from "../pre-connection.ts";
import { resource } from "../resource.ts";
import { isUpgrade } from "../upgrade-request.ts";

export function pageRoutes(app: Hono<HttpEnv>): void {
  resource(app, "/", { GET: rootRequest, POST: rootRequest });
}

function rootRequest(c: HttpContext): Response | Promise<Response> {
  if (asksPreConnection(c)) return preConnect(c);
  if (c.req.method === "POST" || isUpgrade(c.req.raw)) {
    throw new HttpError("BAD_REQUEST", "get_pre_connection_info is missing: sockets are opened at /connectV3");
  }
  return pageOrNotFound(c);
}

/** A file of the page where there is one under this path, else NOT_FOUND. */
export async function pageOrNotFound(c: HttpContext): Promise<Response> {
  if (c.env.ASSETS !== undefined && (c.req.method === "GET" || c.req.method === "HEAD")) {
    const file = await c.env.ASSETS.fetch(c.req.raw);
    if (file.status !== 404) {
      c.set("isPage", true);
      return file;
    }
    await file.body?.cancel();
  }
  throw new HttpError("NOT_FOUND");
}
