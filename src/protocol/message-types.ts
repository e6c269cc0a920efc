/** Message types of the protocol (PROTOCOL §5). An app's own are the other integers ≥ 0. */
export const TYPE = {
  ERROR: -1,
  WELCOME: -2,
  NODE_NOT_REGISTERED: -3,
  USER_OFFLINE: -4,
  SESSION_UNAUTHORIZED: -5,
  ACK: -6,
  GAP: -7,
  CONFIG_REQUEST: -101,
  CONFIG_RESPONSE: -102,
  NEW_NODE_JOINED_SESSION: 100,
  NODE_UNJOINED_SESSION: 103,
  NODE_REVEAL_ANONYMITY: 104,
  NODE_ONLINE: 105,
  NODE_OFFLINE: 106,
  SESSION_MASTER_CHANGED: 110,
} as const;

/** Types 100–199 belong to the protocol and reach recipients only from the edge itself. */
export function isReservedType(type: number): boolean {
  return type < 0 || (type >= 100 && type <= 199);
}
