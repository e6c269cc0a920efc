/**
 * WebSocket close codes. The range tells a client whether to come back (PROTOCOL §5):
 * 4000–4099 never, 4100–4199 with new keys, 4200–4299 after a jittered delay, 44xx after mending
 * what it sends.
 */
export const CLOSE = {
  BAD_AUTH: 4001,
  REVOKED: 4003,
  REPLACED: 4009,
  VALIDATION_KEY_EXPIRED: 4101,
  OVERLOADED: 4201,
  GOING_AWAY: 4202,
  PROTOCOL_ERRORS: 4400,
  FRAME_TOO_LARGE: 4413,
  RATE_LIMITED: 4429,
} as const;

export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE];
