/**
 * The first step of connecting (PROTOCOL §2): where to connect, and a validation key to do it with. A session_id binds the
 * key and changes nothing else yet: every connection is held by the node's own object.
 */
import { mintValidationKey } from "./auth/validation-key.ts";
import { check, fields, flag, id, optional } from "./fields.ts";
import type { HttpContext } from "./http-env.ts";
import { authenticate } from "./middleware/authenticated.ts";
import { readOffer } from "./subprotocols.ts";
import { isUpgrade } from "./upgrade-request.ts";

const HTTP_PORT = 80;
const HTTPS_PORT = 443;

const query = fields({ get_pre_connection_info: flag });
const session = fields({ session_id: optional(id) });

/** Throws HttpError BAD_REQUEST where get_pre_connection_info is neither true nor false. */
export function asksPreConnection(c: HttpContext): boolean {
  return check(query, c.get("params")).get_pre_connection_info;
}

/**
 * Authenticates and answers; a WebSocket upgrade gets the same object as one text frame and a close. Throws HttpError
 * BAD_REQUEST where session_id is no id.
 */
export async function preConnect(c: HttpContext): Promise<Response> {
  await authenticate(c);
  const { session_id: sessionId } = check(session, c.get("params"));
  const now = Date.now();
  const { auth, clusterId, gatewayId, publicUrl } = c.get("config");
  const { key, expiresAt } = await mintValidationKey(
    { nodeId: c.get("caller").nodeId, gateway: gatewayId, sessionId },
    auth.secrets,
    now,
  );

  const base = new URL(publicUrl ?? new URL(c.req.url).origin);
  const isSecure = base.protocol === "https:";
  const port = Number(base.port) || (isSecure ? HTTPS_PORT : HTTP_PORT);
  const info = {
    node_id: gatewayId,
    cluster_id: clusterId,
    addr: base.hostname,
    port,
    ssl_enabled: isSecure,
    // There is one gateway. Clients that need_80_port, for firewalls, can use it only if it is served there.
    proxy_80_port: port === HTTP_PORT ? HTTP_PORT : null,
    ws_url: `${isSecure ? "wss" : "ws"}://${base.host}${base.pathname.replace(/\/$/, "")}/connectV3`,
    validation_key: key,
    validation_expires_at: expiresAt,
    server_time: now,
  };
  return isUpgrade(c.req.raw)
    ? answerBySocket(JSON.stringify(info), c.req.header("sec-websocket-protocol"))
    : c.json(info);
}

function answerBySocket(frame: string, offered: string | undefined): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.send(frame);
  server.close(1000);
  const { answer } = readOffer(offered ?? null);
  return new Response(null, {
    status: 101,
    webSocket: client,
    headers: answer === undefined ? {} : { "sec-websocket-protocol": answer },
  });
}
