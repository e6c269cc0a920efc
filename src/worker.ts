/** The entry point: exports the objects by their class names in wrangler.toml, answers HTTP, takes pushes. */
import type { Env } from "./env.ts";
import { app } from "./http/app.ts";
import { consumePushes } from "./queue/push-consumer.ts";
import type { PushJobMessage } from "./push/push-job.ts";

export { ClientObject } from "./durable/client.ts";
export { NodeObject } from "./durable/node.ts";
export { PushTokenObject } from "./durable/push-token.ts";
export { SessionObject } from "./durable/session.ts";

export default {
  fetch(request, env, ctx) {
    return app.fetch(request, env, ctx);
  },
  queue(batch, env) {
    return consumePushes(batch, env);
  },
} satisfies ExportedHandler<Env, PushJobMessage>;
