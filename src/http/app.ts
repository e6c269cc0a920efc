/** The HTTP side: what runs for every request, the routes, and the one place where failures become answers. */
import { Hono } from "hono/tiny";
import { ConfigError } from "../env.ts";
import type { HttpEnv } from "./http-env.ts";
import { errorResponse, HttpError } from "./http-error.ts";
import { apiHeaders } from "./middleware/api-headers.ts";
import { configured } from "./middleware/configured.ts";
import { isPlatformError } from "./platform-error.ts";
import { connectRoutes } from "./routes/connect.ts";
import { devKeyRoutes } from "./routes/dev-key.ts";
import { healthRoutes } from "./routes/health.ts";
import { inboxRoutes } from "./routes/inbox.ts";
import { messageRoutes } from "./routes/messages.ts";
import { nodeRoutes } from "./routes/nodes.ts";
import { pushTargetRoutes } from "./routes/push-targets.ts";
import { sessionContentRoutes } from "./routes/session-content.ts";
import { sessionRoutes } from "./routes/sessions.ts";
import { pageOrNotFound, pageRoutes } from "./routes/page.ts";

export const app = new Hono<HttpEnv>();

app.use(apiHeaders);
app.use(configured);

connectRoutes(app);
messageRoutes(app);
nodeRoutes(app);
inboxRoutes(app);
healthRoutes(app);
devKeyRoutes(app);
sessionRoutes(app);
sessionContentRoutes(app);
pushTargetRoutes(app);
pageRoutes(app);

app.notFound(pageOrNotFound);

app.onError((error, c) => {
  if (error instanceof HttpError) return errorResponse(error.code, error.detail, error.headers);
  // Logged where it was found, once.
  if (error instanceof ConfigError) return errorResponse("MISCONFIGURED", error.message);
  // No query, no body, no headers: they hold keys and payloads.
  console.error(`${c.req.method} ${c.req.path} failed: ${error.name}: ${withoutKeys(error.message)}`);
  return errorResponse(isPlatformError(error) ? "UNAVAILABLE" : "INTERNAL");
});

/** Messages of the runtime may quote a URL or a header. */
function withoutKeys(message: string): string {
  return message
    .replace(/\b(auth_key|validation_key|validation_token)=[^&\s"']*/g, "$1=…")
    .replace(/\b(Bearer\s+|auth\.)[\w.|=+/-]+/gi, "$1…");
}
