/**
 * Every error that Allspark tells a peer, once: over a socket as an ERROR message (type -1), over
 * HTTP as `{error: {code, message, temporary}}` with `http` as its status. `temporary` says that the
 * same request may succeed later without being changed.
 */
export const ERRORS = {
  BAD_FRAME: {
    http: 400,
    temporary: false,
    message: "the frame is not UTF-8 JSON text: send one JSON object, or on allspark.v1 an array of them",
  },
  BAD_MESSAGE: { http: 400, temporary: false, message: "the message has a field of the wrong type or out of bounds" },
  BAD_REQUEST: { http: 400, temporary: false, message: "a parameter is missing or has the wrong form" },
  NO_DESTINATION: {
    http: 400,
    temporary: false,
    message: "a message needs one of dest_id, dest_client_id, dest_session_id",
  },
  UNKNOWN_CONTROL: { http: 400, temporary: false, message: "no control message has this type" },
  UNKNOWN_CLUSTER: { http: 400, temporary: false, message: "this deployment has no link to that dest_cluster_id" },
  TOO_LARGE: { http: 413, temporary: false, message: "the message or frame is larger than the limit" },
  AUTH_REQUIRED: {
    http: 401,
    temporary: false,
    message: "an auth_key is needed: Authorization: Bearer, the auth_key parameter, or the auth.… subprotocol",
  },
  AUTH_INVALID: { http: 401, temporary: false, message: "the auth_key does not verify" },
  AUTH_EXPIRED: {
    http: 401,
    temporary: false,
    message: "the auth_key has expired or is not valid yet: mint a new one",
  },
  AUTH_REVOKED: {
    http: 401,
    temporary: false,
    message: "this node was revoked after the auth_key was issued: mint a new one",
  },
  VALIDATION_KEY_REQUIRED: {
    http: 401,
    temporary: false,
    message: "connectV3 needs a validation_key from get_pre_connection_info",
  },
  VALIDATION_KEY_INVALID: {
    http: 401,
    temporary: false,
    message: "the validation_key does not verify or was made for another node, gateway or session",
  },
  VALIDATION_KEY_EXPIRED: {
    http: 401,
    temporary: false,
    message: "the validation_key has expired or was used: ask for a new one",
  },
  FORBIDDEN: { http: 403, temporary: false, message: "this auth_key may not do that" },
  UNVALIDATED_OFF: {
    http: 403,
    temporary: false,
    message: "connectV2 is off: use connectV3 with a validation_key, or set ALLSPARK_ALLOW_UNVALIDATED=true",
  },
  NOT_FOUND: { http: 404, temporary: false, message: "there is nothing under this path" },
  METHOD_NOT_ALLOWED: { http: 405, temporary: false, message: "this path does not take that method" },
  NODE_NOT_REGISTERED: { http: 404, temporary: false, message: "the destination node was never seen" },
  CLIENT_UNKNOWN: { http: 404, temporary: false, message: "no node has registered under this client_id" },
  CLIENT_FULL: { http: 409, temporary: false, message: "this client_id has as many nodes as it may have" },
  SESSION_UNAUTHORIZED: { http: 403, temporary: false, message: "not a member of this session, or not allowed" },
  SESSION_UNKNOWN: { http: 404, temporary: false, message: "there is no session with this id" },
  SESSION_EXISTS: { http: 409, temporary: false, message: "another node owns a session with this id" },
  SESSION_FULL: { http: 409, temporary: false, message: "this session has as many members as it may have" },
  TOO_MANY_SESSIONS: { http: 409, temporary: false, message: "this node is in as many sessions as it may be" },
  MEMBER_UNKNOWN: { http: 404, temporary: false, message: "the session has no member of that name" },
  NAME_TAKEN: {
    http: 409,
    temporary: false,
    message: "another member of the session, or another node, already has that name",
  },
  DEPOSED: {
    http: 409,
    temporary: false,
    message: "you are no longer the master of this game: see type 110 for who is, and its fencing_number",
  },
  NOT_MASTER: { http: 403, temporary: false, message: "only the master of this game may do that" },
  NO_MASTER: { http: 503, temporary: true, message: "this game has no master at the moment: send it again later" },
  NO_HISTORY: { http: 404, temporary: false, message: "this session was created without history" },
  PUSH_TARGETS_FULL: {
    http: 409,
    temporary: false,
    message: "this node has as many push targets as it may have: remove one",
  },
  UPGRADE_REQUIRED: { http: 426, temporary: false, message: "this path opens a WebSocket: send Upgrade: websocket" },
  INBOX_FULL: { http: 507, temporary: true, message: "the recipient's inbox is full until it reads some of it" },
  EXPIRED: {
    http: 410,
    temporary: false,
    message: "the message's ttl_ms ran out before it could be delivered or stored",
  },
  RATE_LIMITED: {
    http: 429,
    temporary: true,
    message: "more messages than the limit for one connection: slow down and send it again",
  },
  SLOW_DOWN: {
    http: 429,
    temporary: true,
    message: "too much is waiting for this destination: slow down and send it again",
  },
  UNAVAILABLE: { http: 503, temporary: true, message: "the destination could not be reached in time: send it again" },
  MISCONFIGURED: { http: 500, temporary: false, message: "this deployment has a wrong setting" },
  INTERNAL: { http: 500, temporary: true, message: "something failed on the edge" },
} as const satisfies Record<string, { http: number; temporary: boolean; message: string }>;

/** The stable name of an error; clients switch on it. */
export type ErrorCode = keyof typeof ERRORS;

/** What a peer is told of an error, over the socket and over HTTP alike. */
export interface WireError {
  code: ErrorCode;
  message: string;
  temporary: boolean;
}

/**
 * Makes the wire form of an error. `detail` says what was wrong with this very request and is
 * appended to the general message; it must hold no keys, payloads or ids the peer may not know.
 */
export function wireError(code: ErrorCode, detail?: string): WireError {
  const { message, temporary } = ERRORS[code];
  return { code, message: detail ? `${message} (${detail})` : message, temporary };
}
