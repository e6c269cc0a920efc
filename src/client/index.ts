/**
 * The client library, `allspark/client`: a node that connects, stays connected and loses nothing. Guide: docs/client.md.
 * @module
 */
export { Allspark } from "./allspark.ts";
export { AllsparkError, type AllsparkErrorCode, ConnectionError, QueueFullError, RefusedError } from "./errors.ts";
export type { AllsparkEvents, Gap, SettledMessage } from "./events.ts";
export type { Inbox, InboxOptions } from "./inbox.ts";
export type { IncomingMessage, OutgoingMessage, Receipt } from "./message.ts";
export type { AllsparkOptions, WebSocketLike } from "./options.ts";
export type { PushTarget, PushTargets } from "./push.ts";
export type { GameState } from "./sessions/game-state.ts";
export { type SessionEvent, sessionEventOf } from "./sessions/session-event.ts";
export type { Membership, SessionInfo, SessionMember } from "./sessions/session-info.ts";
export type { SessionView, SessionViewEvents } from "./sessions/session-view.ts";
export type { CreateSessionOptions, HistoryOptions, JoinOptions, Sessions } from "./sessions/sessions.ts";
export type { Status } from "./status.ts";
export type { ClientStore } from "./storage/client-store.ts";
