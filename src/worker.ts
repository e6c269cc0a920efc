/** The entry point: exports the objects by their class names in wrangler.toml, and answers HTTP. */
import type { Env } from "./env.ts";
import { app } from "./http/app.ts";

export { ClientObject } from "./durable/client.ts";
export { NodeObject } from "./durable/node.ts";
export { PushTokenObject } from "./durable/push-token.ts";
export { SessionObject } from "./durable/session.ts";

export default {
  fetch(request, env, ctx) {
    return app.fetch(request, env, ctx);
  },
} satisfies ExportedHandler<Env>;
