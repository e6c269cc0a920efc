/**
 * Encryption of a push for the one browser that is to read it: RFC 8291, in the content coding aes128gcm of RFC 8188.
 * The push service sees nothing but the length. WebCrypto only.
 */

/** The `keys` of a push subscription, decoded. */
export interface Recipient {
  /** p256dh: an uncompressed point of P-256, 65 bytes. */
  publicKey: Uint8Array<ArrayBuffer>;
  /** auth: 16 bytes. */
  authSecret: Uint8Array<ArrayBuffer>;
}

/** What is random about one encryption: used twice, it gives the plaintexts away. */
export interface Fresh {
  /** 16 bytes. */
  salt: Uint8Array<ArrayBuffer>;
  /** For ECDH on P-256; the public key is extractable, and the private one may derive bits. */
  keyPair: CryptoKeyPair;
}

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const SALT_BYTES = 16;
const TAG_BYTES = 16;
/** Ends the plaintext of the last record; zeros may follow (RFC 8188 §2). */
const LAST_RECORD = 2;

/** What push services must take (RFC 8030 §7.2), bytes; also what records say their size is. */
export const MAX_RECORD_BYTES = 4_096;
/** Salt, record size, length of the key, key: what stands before the encrypted part. */
const HEADER_BYTES = SALT_BYTES + 4 + 1 + 65;
/** The longest plaintext that fits (RFC 8291 §4): 3,993 bytes. */
export const MAX_PLAINTEXT_BYTES = MAX_RECORD_BYTES - HEADER_BYTES - TAG_BYTES - 1;

const encoder = new TextEncoder();

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text) as Uint8Array<ArrayBuffer>;
}

function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export async function makeFresh(): Promise<Fresh> {
  const keyPair = (await crypto.subtle.generateKey(CURVE, false, ["deriveBits"])) as CryptoKeyPair;
  return { salt: crypto.getRandomValues(new Uint8Array(SALT_BYTES)), keyPair };
}

/**
 * The body of a Web Push request. `paddedBytes` hides the length of a shorter plaintext, which is at most
 * MAX_PLAINTEXT_BYTES. `fresh` is for tests. Rejects where the recipient's key is no point of the curve.
 */
export async function encryptWebPush(
  plaintext: Uint8Array,
  recipient: Recipient,
  paddedBytes = plaintext.length,
  fresh?: Fresh,
): Promise<Uint8Array<ArrayBuffer>> {
  const { salt, keyPair } = fresh ?? (await makeFresh());
  const recipientKey = await crypto.subtle.importKey("raw", recipient.publicKey, CURVE, false, []).catch(() => {
    throw new Error("p256dh is no point of P-256");
  });
  const ownKey = new Uint8Array((await crypto.subtle.exportKey("raw", keyPair.publicKey)) as ArrayBuffer);
  const secret = new Uint8Array(await deriveSecret(recipientKey, keyPair.privateKey));
  const info = concat(utf8("WebPush: info\0"), recipient.publicKey, ownKey);
  const ikm = await hkdf(recipient.authSecret, secret, info, 32);
  return sealRecord(plaintext, ikm, salt, ownKey, paddedBytes);
}

/** One record of aes128gcm with its header (RFC 8188 §2), which is also the last. */
export async function sealRecord(
  plaintext: Uint8Array,
  ikm: Uint8Array<ArrayBuffer>,
  salt: Uint8Array<ArrayBuffer>,
  keyId: Uint8Array,
  paddedBytes = plaintext.length,
): Promise<Uint8Array<ArrayBuffer>> {
  const cek = await hkdf(salt, ikm, utf8("Content-Encoding: aes128gcm\0"), 16);
  // For the record with number 0, which is all there is, the nonce is what was derived.
  const iv = await hkdf(salt, ikm, utf8("Content-Encoding: nonce\0"), 12);
  const key = await crypto.subtle.importKey("raw", cek, "AES-GCM", false, ["encrypt"]);
  const padded = new Uint8Array(Math.max(paddedBytes, plaintext.length) + 1);
  padded.set(plaintext);
  padded[plaintext.length] = LAST_RECORD;
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, tagLength: TAG_BYTES * 8 }, key, padded);
  const sizes = new Uint8Array(5);
  new DataView(sizes.buffer).setUint32(0, MAX_RECORD_BYTES);
  sizes[4] = keyId.length;
  return concat(salt, sizes, keyId, new Uint8Array(sealed));
}

/** Workers' types call the parameter `$public`; what workerd reads is `public`, as everywhere. */
function deriveSecret(publicKey: CryptoKey, privateKey: CryptoKey): Promise<ArrayBuffer> {
  const algorithm = { name: "ECDH", public: publicKey };
  return crypto.subtle.deriveBits(algorithm, privateKey, 256);
}

/** HKDF with SHA-256 (RFC 5869), extract and expand. */
async function hkdf(
  salt: Uint8Array<ArrayBuffer>,
  ikm: Uint8Array<ArrayBuffer>,
  info: Uint8Array<ArrayBuffer>,
  bytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await crypto.subtle.importKey("raw", ikm, "HKDF", false, ["deriveBits"]);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, key, bytes * 8));
}
