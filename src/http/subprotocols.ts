/** What a Sec-WebSocket-Protocol header asks for (PROTOCOL §1, §2). */
import { decodeBase64 } from "../domain/auth/base64.ts";
import { SUBPROTOCOL_AUTH_PREFIX, SUBPROTOCOL_V1 } from "../protocol/version.ts";
import { decodeUtf8 } from "./auth/utf8.ts";

export interface Offer {
  mode: "v1" | "classic";
  /** The value to answer: always one that was offered. Browsers close a socket that answers none of their offers. */
  answer?: string;
  /** The value that carries an auth_key, with its prefix. */
  auth?: string;
  /** Some version of Allspark's protocol was offered, but none that is spoken here. */
  unsupported: boolean;
}

/** Other applications' subprotocols are ignored: what they name is not spoken here, so it is not answered either. */
export function readOffer(header: string | null): Offer {
  const offered = (header ?? "").split(",").map((value) => value.trim());
  const auth = offered.find((value) => value.startsWith(SUBPROTOCOL_AUTH_PREFIX));
  if (offered.includes(SUBPROTOCOL_V1)) return { mode: "v1", answer: SUBPROTOCOL_V1, auth, unsupported: false };
  return { mode: "classic", answer: auth, auth, unsupported: offered.some((value) => /^allspark\.v\d+$/i.test(value)) };
}

/** The auth_key inside an `auth.<base64url(auth_key)>` value; null where it is not base64url of UTF-8. */
export function authKeyOf(value: string): string | null {
  const bytes = decodeBase64(value.slice(SUBPROTOCOL_AUTH_PREFIX.length), "base64url");
  return bytes && decodeUtf8(bytes);
}
