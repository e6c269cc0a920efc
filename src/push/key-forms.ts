/** The forms that keys of push services have in settings. Each answers null or false for anything else. */
import { decodeBase64 } from "../domain/auth/base64.ts";
import { secretBytes } from "../domain/push/webhook-secret.ts";
import type { FcmConfig } from "./push-config.ts";

const PKCS8 = /^-----BEGIN PRIVATE KEY-----\n[A-Za-z0-9+/=\n]+\n-----END PRIVATE KEY-----$/;
/** Project ids stand in a URL: letters, digits and dashes; old ones may belong to a domain, as in example.com:name. */
const PROJECT_ID = /^[a-z0-9.:-]{4,100}$/i;
const EMAIL = /^[^\s@]{1,64}@[^\s@]{1,255}$/;
const GOOGLE_TOKEN_URI = "https://oauth2.googleapis.com/token";

/** A private key as PKCS #8 in PEM (RFC 7468), with real line breaks; it may have them as `\n`, as files of variables do. */
export function readPem(text: string): string | null {
  const pem = text
    .replaceAll("\\n", "\n")
    .replace(/\s*\n\s*/g, "\n")
    .trim();
  return PKCS8.test(pem) ? `${pem}\n` : null;
}

/** What is wanted of a service account's JSON key, or the names of the fields that are missing or wrong; null is no JSON. */
export function readServiceAccount(text: string): Omit<FcmConfig, "baseUrl"> | { wrong: string[] } | null {
  let fields: Record<string, unknown>;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
    fields = value as Record<string, unknown>;
  } catch {
    return null;
  }
  const of = (name: string) => (typeof fields[name] === "string" ? fields[name].trim() : "");
  const projectId = of("project_id");
  const clientEmail = of("client_email");
  const privateKey = readPem(of("private_key"));
  const tokenUri = of("token_uri") || GOOGLE_TOKEN_URI;
  const wrong = [
    !PROJECT_ID.test(projectId) && "project_id",
    !EMAIL.test(clientEmail) && "client_email",
    privateKey === null && "private_key",
  ].filter((name) => name !== false);
  if (wrong.length > 0 || privateKey === null) return { wrong };
  return { projectId, clientEmail, privateKey, tokenUri };
}

/** An uncompressed P-256 point in base64url: 0x04 and two numbers of 32 bytes (RFC 8292 §3.2). */
export function isVapidPublicKey(text: string): boolean {
  const bytes = decodeBase64(text, "base64url");
  return bytes?.byteLength === 65 && bytes[0] === 4;
}

export function isVapidPrivateKey(text: string): boolean {
  return decodeBase64(text, "base64url")?.byteLength === 32;
}

/** How the operator of this edge can be reached (RFC 8292 §2.1). */
export function isVapidSubject(text: string): boolean {
  if (text.startsWith("mailto:")) return EMAIL.test(text.slice("mailto:".length));
  return URL.parse(text)?.protocol === "https:";
}

/** `whsec_` and base64 of 24 to 64 bytes (Standard Webhooks). */
export function isWebhookSecret(text: string): boolean {
  return secretBytes(text) !== null;
}
