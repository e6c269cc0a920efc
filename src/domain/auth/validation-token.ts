/**
 * The validation_key (PROTOCOL §1): its layout and what its HMAC is over. Node and gateway, which every verifier knows, are
 * part of what is signed and not of the key, so it is short and fits in any URL. The session is different: who verifies
 * may be told none, so the key carries a digest of it.
 *
 *   "vk1." base64url( flags 1 | id 15 | expires_at ms 6 | [session digest 16] | HMAC-SHA256 32 )
 */
import { decodeBase64, encodeBase64 } from "./base64.ts";

/** What a validation_key opens: one connection of this node to this gateway, perhaps for one session only. */
export interface ValidationBinding {
  nodeId: string;
  gateway: string;
  sessionId?: string;
}

export interface ValidationToken {
  /** Random, base64url; whoever lets a connection in remembers it until expiresAt. */
  id: string;
  expiresAt: number;
  /** Digest of the session that the key is bound to; undefined for a key that is good whichever is named. */
  session: Uint8Array | undefined;
  /** The signed bytes of the token: all but its HMAC. */
  head: Uint8Array<ArrayBuffer>;
  mac: Uint8Array<ArrayBuffer>;
}

const PREFIX = "vk1.";
const BOUND_TO_SESSION = 1;

/** 120 bits: collisions are out of reach, and a token without session is then a multiple of three bytes. */
export const VALIDATION_ID_BYTES = 15;

/** The first bytes of the SHA-256 of a session id: nobody finds another session with the same ones. */
export const SESSION_DIGEST_BYTES = 16;

const FREE_HEAD_BYTES = 1 + VALIDATION_ID_BYTES + 6;
const BOUND_HEAD_BYTES = FREE_HEAD_BYTES + SESSION_DIGEST_BYTES;
const MAC_BYTES = 32;
/** Nothing longer is worth decoding. */
const MAX_CHARS = PREFIX.length + Math.ceil(((BOUND_HEAD_BYTES + MAC_BYTES) * 4) / 3);

/**
 * The head of a new token. `id` must be VALIDATION_ID_BYTES random bytes and `session`, for a token bound to one,
 * SESSION_DIGEST_BYTES; `expiresAt` is in whole ms.
 */
export function packValidationHead(
  id: Uint8Array,
  expiresAt: number,
  session: Uint8Array | undefined,
): Uint8Array<ArrayBuffer> {
  const head = new Uint8Array(session === undefined ? FREE_HEAD_BYTES : BOUND_HEAD_BYTES);
  head[0] = session === undefined ? 0 : BOUND_TO_SESSION;
  head.set(id, 1);
  const view = new DataView(head.buffer);
  view.setUint16(FREE_HEAD_BYTES - 6, Math.floor(expiresAt / 2 ** 32));
  view.setUint32(FREE_HEAD_BYTES - 4, expiresAt % 2 ** 32);
  if (session !== undefined) head.set(session, FREE_HEAD_BYTES);
  return head;
}

/** The token as text. */
export function formatValidationToken(head: Uint8Array, mac: Uint8Array): string {
  const bytes = new Uint8Array(head.length + MAC_BYTES);
  bytes.set(head);
  bytes.set(mac, head.length);
  return PREFIX + encodeBase64(bytes, "base64url");
}

/** Takes a token apart; null where it has another shape. Nothing in it is proven until the HMAC matches. */
export function parseValidationToken(key: string): ValidationToken | null {
  if (!key.startsWith(PREFIX) || key.length > MAX_CHARS) return null;
  const bytes = decodeBase64(key.slice(PREFIX.length), "base64url");
  const flags = bytes?.[0];
  if (!bytes || flags === undefined || flags > BOUND_TO_SESSION) return null;
  const headBytes = flags === BOUND_TO_SESSION ? BOUND_HEAD_BYTES : FREE_HEAD_BYTES;
  if (bytes.length !== headBytes + MAC_BYTES) return null;
  const view = new DataView(bytes.buffer);
  return {
    id: encodeBase64(bytes.subarray(1, 1 + VALIDATION_ID_BYTES), "base64url"),
    expiresAt: view.getUint16(FREE_HEAD_BYTES - 6) * 2 ** 32 + view.getUint32(FREE_HEAD_BYTES - 4),
    session: flags === BOUND_TO_SESSION ? bytes.slice(FREE_HEAD_BYTES, BOUND_HEAD_BYTES) : undefined,
    head: bytes.slice(0, headBytes),
    mac: bytes.slice(headBytes),
  };
}

/**
 * What the HMAC is over. It starts with words and a space, which the signed text of no auth_key does (base64 and
 * dots, `2|…`, `user_key…`), so the same secrets serve both and neither passes for the other. JSON keeps the
 * fields apart whatever they contain; the session is in the head.
 */
export function validationSignedText(head: Uint8Array, { nodeId, gateway }: ValidationBinding): string {
  return `allspark validation_key ${JSON.stringify([encodeBase64(head, "base64url"), nodeId, gateway])}`;
}
