/** /connectV3, /connectV2, /v1/connect and /v1/connections: pre-connection and the upgrade itself (PROTOCOL §2). */
import type { Hono } from "hono";
import * as v from "valibot";
import { readRefusal, type UpgradeFacts, withUpgradeFacts } from "../../durable/upgrade.ts";
import { SUBPROTOCOL_V1 } from "../../protocol/version.ts";
import { verifyValidationKey } from "../auth/validation-key.ts";
import { check, fields, id, optional, whole } from "../fields.ts";
import type { HttpContext, HttpEnv } from "../http-env.ts";
import { HttpError } from "../http-error.ts";
import { identify } from "../middleware/authenticated.ts";
import { asksPreConnection, preConnect } from "../pre-connection.ts";
import type { Parameters } from "../parameters.ts";
import { type Handler, resource } from "../resource.ts";
import { readOffer } from "../subprotocols.ts";
import { isUpgrade } from "../upgrade-request.ts";

const resumePoint = fields({ epoch: optional(id), last_seq: optional(whole(0)) });
const validation = fields({
  validation_key: optional(v.string("must be text")),
  validation_token: optional(v.string("must be text")),
  session_id: optional(id),
});

export function connectRoutes(app: Hono<HttpEnv>): void {
  const validated = originalPath(connect);
  const unvalidated = originalPath(connectUnvalidated);
  resource(app, "/connectV3", { GET: validated, POST: validated });
  resource(app, "/connectV2", { GET: unvalidated, POST: unvalidated });
  resource(app, "/v1/connect", { GET: connect });
  resource(app, "/v1/connections", { POST: preConnect });
}

/** The original has one path for both steps. */
function originalPath(upgrade: Handler): Handler {
  return (c) => {
    if (asksPreConnection(c)) return preConnect(c);
    if (c.req.method === "POST")
      throw new HttpError("BAD_REQUEST", "get_pre_connection_info is missing: a socket is opened by GET");
    return upgrade(c);
  };
}

async function connect(c: HttpContext): Promise<Response> {
  requireUpgrade(c);
  await identify(c);
  return forward(c, await verifyValidation(c));
}

async function connectUnvalidated(c: HttpContext): Promise<Response> {
  requireUpgrade(c);
  if (!c.get("config").allowUnvalidated) throw new HttpError("UNVALIDATED_OFF");
  await identify(c);
  return forward(c);
}

function requireUpgrade(c: HttpContext): void {
  // RFC 9110 §15.5.22 wants Upgrade to say so; workerd takes hop-by-hop headers off again, so the error says it, too.
  if (!isUpgrade(c.req.raw))
    throw new HttpError("UPGRADE_REQUIRED", undefined, { upgrade: "websocket", connection: "Upgrade" });
}

async function verifyValidation(c: HttpContext): Promise<UpgradeFacts["validation"]> {
  const given = check(validation, c.get("params"));
  const key = given.validation_key ?? given.validation_token;
  if (key === undefined) throw new HttpError("VALIDATION_KEY_REQUIRED");
  const { auth, gatewayId } = c.get("config");
  const verdict = await verifyValidationKey(
    key,
    { nodeId: c.get("caller").nodeId, gateway: gatewayId, sessionId: given.session_id },
    auth.secrets,
    Date.now(),
  );
  if (!verdict.ok) throw new HttpError(verdict.code);
  return { id: verdict.id, expiresAt: verdict.expiresAt };
}

/** The raw upgrade goes to the node's object, which holds the socket; keys stay here. */
async function forward(c: HttpContext, validated?: UpgradeFacts["validation"]): Promise<Response> {
  const offer = readOffer(c.req.header("sec-websocket-protocol") ?? null);
  if (offer.unsupported)
    throw new HttpError(
      "BAD_REQUEST",
      `Sec-WebSocket-Protocol: this edge speaks ${SUBPROTOCOL_V1}, or classic without a subprotocol`,
    );

  const caller = c.get("caller");
  const bare = new Request(new URL("/connect", c.req.url), c.req.raw);
  bare.headers.delete("authorization");
  bare.headers.delete("sec-websocket-protocol");
  const answer = await c.env.NODE.getByName(caller.nodeId).fetch(
    withUpgradeFacts(bare, {
      caller,
      mode: offer.mode,
      resume: offer.mode === "v1" ? readResumePoint(c.get("params")) : undefined,
      validation: validated,
      subprotocol: offer.answer,
    }),
  );
  if (answer.status !== 101) throw new HttpError(await readRefusal(answer));
  return answer;
}

function readResumePoint(params: Parameters): UpgradeFacts["resume"] {
  const { epoch, last_seq: lastSeq } = check(resumePoint, params);
  if (epoch === undefined && lastSeq === undefined) return undefined;
  if (epoch === undefined || lastSeq === undefined) {
    throw new HttpError("BAD_REQUEST", "epoch and last_seq go together: give both or neither");
  }
  return { epoch, lastSeq };
}
