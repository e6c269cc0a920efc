/** Lets nothing through to a Worker with wrong settings; ConfigError is answered by app.ts. */
import type { MiddlewareHandler } from "hono";
import { parseConfig } from "../../env.ts";
import type { HttpEnv } from "../http-env.ts";

export const configured: MiddlewareHandler<HttpEnv> = async (c, next) => {
  c.set("config", parseConfig(c.env));
  await next();
};
