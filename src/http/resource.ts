/** Registers what a path takes, so that every other method is answered 405 with an Allow header (RFC 9110 §15.5.6). */
import type { Hono, MiddlewareHandler } from "hono";
import type { HttpContext, HttpEnv } from "./http-env.ts";
import { HttpError } from "./http-error.ts";
import { parameters } from "./middleware/parameters.ts";

export type Handler = (c: HttpContext) => Response | Promise<Response>;

/** `before` runs after the parameters were read and before the handler of any method. */
export function resource(
  app: Hono<HttpEnv>,
  path: string,
  methods: Partial<Record<"GET" | "POST" | "PUT" | "DELETE", Handler>>,
  before: MiddlewareHandler<HttpEnv>[] = [],
): void {
  for (const [method, handler] of Object.entries(methods)) app.on(method, [path], parameters, ...before, handler);
  const allow = Object.keys(methods).flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
  app.all(path, () => {
    throw new HttpError("METHOD_NOT_ALLOWED", undefined, { allow: [...allow, "OPTIONS"].join(", ") });
  });
}
