/** What middleware leaves on Hono's context for the handlers. */
import type { Context } from "hono";
import type { Caller } from "../durable/rpc.ts";
import type { Config, Env } from "../env.ts";
import type { Parameters } from "./parameters.ts";

export interface HttpEnv {
  Bindings: Env;
  Variables: {
    config: Config;
    /** Query and body as one; the middleware `parameters` sets it. */
    params: Parameters;
    /** The text of the body, where it was JSON. */
    json: string | undefined;
    /** Who the auth_key names; the middleware `authenticated` sets it. */
    caller: Caller;
    /** The answer is a file of the page and not the API's: it keeps the headers it came with. */
    isPage: boolean;
  };
}

export type HttpContext = Context<HttpEnv>;
