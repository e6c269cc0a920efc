/** As much of it as the tests use. */
declare module "http_ece" {
  import type { ECDH } from "node:crypto";

  export interface Parameters {
    version: "aes128gcm";
    privateKey: ECDH;
    authSecret: string | Buffer;
    dh?: string | Buffer;
  }

  export function decrypt(body: Buffer, parameters: Parameters): Buffer;
  export function encrypt(plaintext: Buffer, parameters: Parameters): Buffer;
}
