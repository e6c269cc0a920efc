/**
 * The protocol's message types and close codes that the library knows, each a constant of its own: so a bundle holds numbers and no
 * names. The compiler holds them against the protocol's tables.
 */
import type { CLOSE } from "../protocol/close-codes.ts";
import type { TYPE } from "../protocol/message-types.ts";

export const ERROR: typeof TYPE.ERROR = -1;
export const WELCOME: typeof TYPE.WELCOME = -2;
export const NODE_NOT_REGISTERED: typeof TYPE.NODE_NOT_REGISTERED = -3;
export const SESSION_UNAUTHORIZED: typeof TYPE.SESSION_UNAUTHORIZED = -5;
export const ACK: typeof TYPE.ACK = -6;
export const GAP: typeof TYPE.GAP = -7;
export const JOINED: typeof TYPE.NEW_NODE_JOINED_SESSION = 100;
export const LEFT: typeof TYPE.NODE_UNJOINED_SESSION = 103;
export const REVEALED: typeof TYPE.NODE_REVEAL_ANONYMITY = 104;
export const ONLINE: typeof TYPE.NODE_ONLINE = 105;
export const OFFLINE: typeof TYPE.NODE_OFFLINE = 106;
export const MASTER_CHANGED: typeof TYPE.SESSION_MASTER_CHANGED = 110;

export const CLOSED_FOR_RATE: typeof CLOSE.RATE_LIMITED = 4429;
