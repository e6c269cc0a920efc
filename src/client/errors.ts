/** What can go wrong, as classes: `code` to switch on, `temporary` to decide whether to try again, `cause` for what lies beneath. */
import type { ErrorCode, WireError } from "../protocol/errors.ts";

/** Codes that the library itself gives; all others come from the edge, see docs/protocol.md. */
export type LocalErrorCode =
  | "NETWORK"
  | "TIMEOUT"
  | "DISCONNECTED"
  | "CLOSED"
  | "QUEUE_FULL"
  | "STORAGE"
  | "HANDLER"
  | "PROTOCOL"
  | "BAD_OPTION";

/**
 * The `code` of an {@link AllsparkError}.
 *
 * @example
 * ```ts
 * import { AllsparkError, type AllsparkErrorCode } from "allspark/client";
 *
 * const advice: Partial<Record<AllsparkErrorCode, string>> = {
 *   NETWORK: "Are you online?",
 *   INBOX_FULL: "They have not read their messages for long.",
 * };
 * const explain = (error: AllsparkError) => advice[error.code] ?? error.message;
 * console.log(explain(new AllsparkError("NETWORK", "not reached")));
 * ```
 */
export type AllsparkErrorCode = ErrorCode | LocalErrorCode;

/**
 * Every error of the library is one of these.
 *
 * @example
 * ```ts
 * import { Allspark, AllsparkError } from "allspark/client";
 *
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…" });
 * try {
 *   await allspark.send({ to: "bob", payload: "hello" });
 * } catch (error) {
 *   if (error instanceof AllsparkError && error.temporary) console.log("try again later:", error.code);
 * }
 * ```
 */
export class AllsparkError extends Error {
  override name = "AllsparkError";
  /** Stable: switch on it. */
  readonly code: AllsparkErrorCode;
  /** The same may succeed later without being changed. */
  readonly temporary: boolean;
  /** How long the edge says to wait before the same is tried again, ms. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: AllsparkErrorCode,
    message: string,
    options: { temporary?: boolean; cause?: unknown; retryAfterMs?: number | undefined } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.temporary = options.temporary ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/**
 * The edge refused a message or an HTTP call; `code` and `message` are the edge's.
 *
 * @example
 * ```ts
 * import { Allspark, RefusedError } from "allspark/client";
 *
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…" });
 * await allspark.send({ toSession: "lobby", payload: "hi" }).catch((error: unknown) => {
 *   if (error instanceof RefusedError && error.code === "SESSION_UNAUTHORIZED") console.log("join first");
 * });
 * ```
 */
export class RefusedError extends AllsparkError {
  override name = "RefusedError";
  /** HTTP status; undefined for what was refused on the socket. */
  readonly status: number | undefined;

  constructor(wire: WireError, status?: number, retryAfterMs?: number) {
    super(wire.code, wire.message, { temporary: wire.temporary, retryAfterMs });
    this.status = status;
  }
}

/**
 * A connection could not be made, or broke. `closeCode` is the WebSocket's, where there was one.
 *
 * @example
 * ```ts
 * import { Allspark, ConnectionError } from "allspark/client";
 *
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…" });
 * allspark.on("status", (status) => {
 *   if (status.state === "waiting" && status.cause instanceof ConnectionError) console.log(status.cause.closeCode);
 * });
 * ```
 */
export class ConnectionError extends AllsparkError {
  override name = "ConnectionError";
  /** See the table of close codes in docs/client.md; 1006 is a connection that broke. */
  readonly closeCode: number | undefined;

  constructor(
    code: AllsparkErrorCode,
    message: string,
    options: { temporary?: boolean; cause?: unknown; retryAfterMs?: number | undefined; closeCode?: number } = {},
  ) {
    super(code, message, options);
    this.closeCode = options.closeCode;
  }
}

/**
 * As many messages wait to be acked as `maxQueuedMessages` and `maxQueuedBytes` allow. Wait for the event "drain".
 *
 * @example
 * ```ts
 * import { Allspark, QueueFullError } from "allspark/client";
 *
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…", maxQueuedMessages: 100 });
 * await allspark.send({ to: "bob", payload: 1 }).catch((error: unknown) => {
 *   if (error instanceof QueueFullError) allspark.on("drain", () => console.log("there is room again"));
 * });
 * ```
 */
export class QueueFullError extends AllsparkError {
  override name = "QueueFullError";

  constructor(messages: number) {
    super("QUEUE_FULL", `${messages} messages wait to be acked: wait for "drain" before sending more`, {
      temporary: true,
    });
  }
}

export function closedError(): AllsparkError {
  return new AllsparkError("CLOSED", "the client is closed: connect() opens it again");
}

/** Of a signal that is aborted. React Native's have no `throwIfAborted`, and no reason. */
export function reasonOf(signal: AbortSignal | undefined): Error {
  return (signal?.reason as Error | undefined) ?? Object.assign(new Error("aborted"), { name: "AbortError" });
}

/** Narrows whatever was thrown to an error of ours, keeping it as the cause. */
export function asError(thrown: unknown, code: AllsparkErrorCode, message: string): AllsparkError {
  if (thrown instanceof AllsparkError) return thrown;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return new AllsparkError(code, `${message}: ${detail}`, { cause: thrown });
}
