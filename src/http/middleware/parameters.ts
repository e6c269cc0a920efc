/** Reads the parameters once, before anything needs one of them: the auth_key may be in the body. */
import type { MiddlewareHandler } from "hono";
import type { HttpEnv } from "../http-env.ts";
import { readParameters } from "../parameters.ts";

export const parameters: MiddlewareHandler<HttpEnv> = async (c, next) => {
  const { params, json } = await readParameters(c.req.raw);
  c.set("params", params);
  c.set("json", json);
  await next();
};
