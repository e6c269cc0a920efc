/** Is this a public key? For keys that come from outside, long before they are used. */

/** The field and the curve y² = x³ - 3x + b of P-256 (FIPS 186-4 §D.1.2.3). */
const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/** Are these the 65 bytes of an uncompressed point of P-256 (SEC 1 §2.3.3)? Keys are public: its time tells nothing. */
export function isP256Point(bytes: Uint8Array): boolean {
  if (bytes.length !== 65 || bytes[0] !== 4) return false;
  const [x, y] = [toBigInt(bytes.subarray(1, 33)), toBigInt(bytes.subarray(33))];
  return x < P && y < P && (y * y - x * x * x + 3n * x - B) % P === 0n;
}

function toBigInt(bytes: Uint8Array): bigint {
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}
