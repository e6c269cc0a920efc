/**
 * The validation_key (PROTOCOL §1): its layout and what its HMAC is over. The key carries only what a verifier does not
 * know; the rest (node, gateway, session) is part of what is signed, so it is short and fits in any URL.
 *
 *   "vk1." base64url( flags 1 | id 15 | expires_at ms 6 | HMAC-SHA256 32 )
 */
import { decodeBase64, encodeBase64 } from "./base64.ts";

/** What a validation_key opens: one connection of this node to this gateway. */
export interface ValidationBinding {
  nodeId: string;
  gateway: string;
  sessionId?: string;
}

export interface ValidationToken {
  /** Random, base64url; whoever lets a connection in remembers it until expiresAt. */
  id: string;
  expiresAt: number;
  bound: boolean;
  /** The signed bytes of the token: all but its HMAC. */
  head: Uint8Array<ArrayBuffer>;
  mac: Uint8Array<ArrayBuffer>;
}

const PREFIX = "vk1.";
const BOUND_TO_SESSION = 1;

/** 120 bits: collisions are out of reach, and the whole token is then a multiple of three bytes. */
export const VALIDATION_ID_BYTES = 15;

const HEAD_BYTES = 1 + VALIDATION_ID_BYTES + 6;
const MAC_BYTES = 32;

/** The head of a new token. `id` must be VALIDATION_ID_BYTES random bytes; `expiresAt` is in whole ms. */
export function packValidationHead(id: Uint8Array, expiresAt: number, bound: boolean): Uint8Array<ArrayBuffer> {
  const head = new Uint8Array(HEAD_BYTES);
  head[0] = bound ? BOUND_TO_SESSION : 0;
  head.set(id, 1);
  const view = new DataView(head.buffer);
  view.setUint16(HEAD_BYTES - 6, Math.floor(expiresAt / 2 ** 32));
  view.setUint32(HEAD_BYTES - 4, expiresAt % 2 ** 32);
  return head;
}

/** The token as text. */
export function formatValidationToken(head: Uint8Array, mac: Uint8Array): string {
  const bytes = new Uint8Array(HEAD_BYTES + MAC_BYTES);
  bytes.set(head);
  bytes.set(mac, HEAD_BYTES);
  return PREFIX + encodeBase64(bytes, "base64url");
}

/** Takes a token apart; null where it has another shape. Nothing in it is proven until the HMAC matches. */
export function parseValidationToken(key: string): ValidationToken | null {
  if (!key.startsWith(PREFIX) || key.length !== PREFIX.length + ((HEAD_BYTES + MAC_BYTES) * 4) / 3) return null;
  const bytes = decodeBase64(key.slice(PREFIX.length), "base64url");
  const flags = bytes?.[0];
  if (!bytes || flags === undefined || flags > BOUND_TO_SESSION) return null;
  const view = new DataView(bytes.buffer);
  return {
    id: encodeBase64(bytes.subarray(1, 1 + VALIDATION_ID_BYTES), "base64url"),
    expiresAt: view.getUint16(HEAD_BYTES - 6) * 2 ** 32 + view.getUint32(HEAD_BYTES - 4),
    bound: flags === BOUND_TO_SESSION,
    head: bytes.slice(0, HEAD_BYTES),
    mac: bytes.slice(HEAD_BYTES),
  };
}

/**
 * What the HMAC is over. It starts with words and a space, which the signed text of no auth_key does (base64 and
 * dots, `2|…`, `user_key…`), so the same secrets serve both and neither passes for the other. JSON keeps the
 * fields apart whatever they contain. A token not bound to a session is good whichever session is asked for.
 */
export function validationSignedText(head: Uint8Array, bound: boolean, binding: ValidationBinding): string {
  const session = bound ? (binding.sessionId ?? null) : null;
  return `allspark validation_key ${JSON.stringify([encodeBase64(head, "base64url"), binding.nodeId, binding.gateway, session])}`;
}
