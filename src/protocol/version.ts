/** The WebSocket subprotocol that chooses the acked, resumable mode; without it a socket is classic. */
export const SUBPROTOCOL_V1 = "allspark.v1";

/** Prefix of the second subprotocol value that carries a base64url auth_key, for browsers. */
export const SUBPROTOCOL_AUTH_PREFIX = "auth.";
