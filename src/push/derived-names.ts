/** Names that services want in forms of their own, made from ours: always the same from the same. */
import { encodeBase64 } from "../domain/auth/base64.ts";

/**
 * What a node's pushes replace each other under: 43 characters, within the 64 bytes of an apns-collapse-id; the
 * service learns no node_id by it.
 */
export async function collapseName(nodeId: string): Promise<string> {
  return encodeBase64(await sha256(nodeId), "base64url");
}

/** A UUID (RFC 9562, version 8) for a call: a repetition of the call has the same. */
export async function callUuid(callId: string): Promise<string> {
  const bytes = (await sha256(callId)).subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}
