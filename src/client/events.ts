/** What an app may listen to. */
import type { AllsparkError } from "./errors.ts";
import type { IncomingMessage, Receipt } from "./message.ts";
import type { SessionEvent } from "./sessions/session-event.ts";
import type { Status } from "./status.ts";

/**
 * Messages that will never come: what the edge dropped by ttl, by a cap or because a newer one took its place. With
 * `session` the numbers are that session's.
 *
 * @example
 * ```ts
 * import { Allspark, type Gap } from "allspark/client";
 *
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…" });
 * allspark.on("gap", (gap: Gap) => console.log(`${gap.fromSeq}–${gap.toSeq} are gone: ${gap.reason}`));
 * ```
 */
export interface Gap {
  session: string | undefined;
  fromSeq: number;
  toSeq: number;
  /** "ttl", "collapsed", "expired" or "cap". */
  reason: string;
}

/**
 * A message sent before a reload or crash, kept in `storage` and settled now: there is no promise any more that could tell.
 *
 * @example
 * ```ts
 * import { Allspark, type SettledMessage } from "allspark/client";
 * import { localStorageStore } from "allspark/client/storage";
 *
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…", storage: localStorageStore("chat") });
 * allspark.on("settled", (settled: SettledMessage) => console.log(settled.id, settled.receipt?.status ?? settled.error));
 * ```
 */
export interface SettledMessage {
  id: string;
  receipt: Receipt | undefined;
  error: AllsparkError | undefined;
}

/**
 * The events of {@link Allspark}, by name.
 *
 * @example
 * ```ts
 * import { Allspark, type AllsparkEvents } from "allspark/client";
 *
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…" });
 * const onStatus: AllsparkEvents["status"] = (status) => console.log(status.state);
 * allspark.on("status", onStatus);
 * ```
 */
export interface AllsparkEvents {
  /** A message. Where the handler returns a promise, the next message and the ack wait for it. */
  message: (message: IncomingMessage) => void | Promise<void>;
  status: (status: Status) => void;
  gap: (gap: Gap) => void;
  /** Who came, left, is online, or is the master of a session that this node is a member of. */
  session: (event: SessionEvent) => void;
  /** What no promise could tell. */
  error: (error: AllsparkError) => void;
  settled: (settled: SettledMessage) => void;
  /** `send` refuses messages until "drain". */
  full: () => void;
  drain: () => void;
}
