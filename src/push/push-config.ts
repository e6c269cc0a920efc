/** What the ALLSPARK_PUSH_* settings say, checked. A service that is not configured is undefined. */
export interface PushConfig {
  fcm: FcmConfig | undefined;
  apns: ApnsConfig | undefined;
  vapid: VapidConfig | undefined;
  /** The deployment's own webhook, for nodes without a target that could be called. */
  webhook: { url: string; secret: string } | undefined;
  /** How long a message may be unacked while its node is connected before the node is pushed to, ms. */
  delayMs: number;
  /** The shortest time between two pushes to one node, ms. */
  throttleMs: number;
  /** May targets of nodes lie at http URLs and private addresses? For local development. */
  allowPrivate: boolean;
}

/** From a service account's JSON key. */
export interface FcmConfig {
  projectId: string;
  clientEmail: string;
  /** PKCS #8, PEM. */
  privateKey: string;
  tokenUri: string;
  /** Without a slash at the end. */
  baseUrl: string;
}

export interface ApnsConfig {
  /** PKCS #8, PEM: the .p8 file that Apple gives. */
  key: string;
  keyId: string;
  teamId: string;
  /** In place of Apple's own, for both environments; without a slash at the end. */
  baseUrl: string | undefined;
}

/** RFC 8292; keys are base64url: the public one an uncompressed P-256 point, the private one its scalar. */
export interface VapidConfig {
  publicKey: string;
  privateKey: string;
  /** A mailto: or https: URL. */
  subject: string;
}
