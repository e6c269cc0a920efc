/** One connection as the outbox sees it: where frames go, and what is on its wire. */
import { packFrame } from "../protocol/frames.ts";
import type { ConnectionMode } from "../protocol/codec.ts";
import { LIMITS } from "../protocol/limits.ts";
import { utf8Length } from "../protocol/utf8.ts";
import { AssumedSent } from "./assumed-sent.ts";
import { type InFlight, SendWindow } from "./send-window.ts";

/** What has to outlive hibernation of one connection. */
export interface HeldState {
  /** Runs of inbox seqs that were sent on it and whose rows still stand. */
  runs: [number, number][];
  /** Up to here they were acked. */
  acked: number;
  /** Highest seq sent. */
  high: number;
  /** Highest seq sent by connections that closed beside it. */
  beside: number;
  /** It takes nothing without an ack to come until its client gives a sign of life: when the last heartbeat was, ms. */
  deafSince?: number;
}

/** A live socket. `send` answers false where the socket is no more. */
export interface Link {
  readonly id: string;
  readonly mode: ConnectionMode;
  readonly openedAt: number;
  send(frame: string): boolean;
  /** When the platform last answered a heartbeat of the client, ms; 0 for never. */
  heardAt(): number;
}

export class Outlet {
  readonly link: Link;
  /** v1 only: what waits for an ack. */
  readonly window: SendWindow;
  /** Classic only: what the socket took lately. */
  readonly assumed: AssumedSent;
  /** Its client came back on another connection, and nothing was heard here since. */
  superseded = false;
  /** Since when something has been unacked here without a word from the client, ms. */
  #quietSince = 0;
  #ackedAt = 0;
  /** Highest seq of connections that closed while this one was open: its own messages below were not sent there. */
  othersHigh = 0;
  /** The gaps that it was told of: how far, by their first seq. */
  readonly toldGaps = new Map<number, number>();
  /** What of the inbox is on its wire changed: hibernation must find it in the socket's attachment. */
  heldChanged = false;
  #due: string[] = [];
  /** Characters sent, for which no ack will come, since the client gave a sign of life. */
  #unproven = 0;
  #heardAt = 0;
  /** Something did not go out since `#unproven` is too much. */
  #isDeaf = false;

  constructor(link: Link, resumedAt: number) {
    this.link = link;
    this.window = new SendWindow({ messages: LIMITS.windowMessages, bytes: LIMITS.windowBytes }, resumedAt);
    this.assumed = new AssumedSent({
      ms: LIMITS.assumedSentMs,
      messages: LIMITS.maxAssumedSentMessages,
      bytes: LIMITS.maxAssumedSentBytes,
    });
  }

  get acks(): boolean {
    return this.link.mode === "v1";
  }

  /** Has its client left something unacked for longer than the grace, or come back elsewhere? Then others are preferred. */
  isSilent(now: number): boolean {
    return this.superseded || (this.window.unacked > 0 && now - this.#quietSince >= LIMITS.ackGraceMs);
  }

  /** Has its client nothing to ack, or has it acked something since another one was last heard of? */
  isHeardBeside(other: Outlet): boolean {
    return !this.superseded && (this.window.unacked === 0 || this.#ackedAt > other.#quietSince);
  }

  /** When its client will have left something unacked for longer than the grace, ms; undefined where nothing is unacked. */
  get silentAt(): number | undefined {
    return this.window.unacked > 0 ? this.#quietSince + LIMITS.ackGraceMs : undefined;
  }

  /** After hibernation: what it has unacked counts as sent just now. */
  restored(now: number, { deafSince }: HeldState): void {
    this.#quietSince = now;
    if (deafSince === undefined) return;
    this.#isDeaf = true;
    this.#heardAt = deafSince;
    this.#unproven = Infinity;
  }

  /** Its client sent something. */
  heard(): void {
    this.#unproven = 0;
    this.#setDeaf(false);
  }

  #setDeaf(isDeaf: boolean): void {
    if (this.#isDeaf === isDeaf) return;
    this.#isDeaf = isDeaf;
    this.heldChanged = true;
  }

  /**
   * May so many characters more be sent that no ack will tell of? A client that reads nothing any more gives no sign of
   * life either, and what is sent to it all the same piles up in this object's memory.
   */
  takesUnacked(bytes: number): boolean {
    if (this.#unproven === 0 || this.#unproven + bytes <= LIMITS.maxUnprovenBytes) return true;
    const heardAt = this.link.heardAt();
    const isHeard = heardAt > this.#heardAt;
    this.#heardAt = heardAt;
    if (isHeard) this.#unproven = 0;
    this.#setDeaf(!isHeard);
    return isHeard;
  }

  /** Puts a message into the next frame that will not be acked. */
  writeUnacked(message: string): void {
    this.#unproven += message.length;
    this.write(message);
  }

  /** Notes that a message was put on the wire. */
  sent(entry: InFlight, now: number): void {
    if (this.window.unacked === 0) this.#quietSince = now;
    this.window.add(entry);
  }

  /** Takes off the wire what a cumulative ack covers. */
  acked(seq: number, now: number): InFlight[] {
    this.#quietSince = now;
    this.#ackedAt = now;
    this.heard();
    return this.window.ack(seq);
  }

  /** What to keep of it for the time after hibernation. */
  get held(): HeldState {
    const { window } = this;
    return {
      runs: window.sentRuns(),
      acked: window.ackedTo,
      high: window.sentHigh,
      beside: this.othersHigh,
      ...(this.#isDeaf && { deafSince: this.#heardAt }),
    };
  }

  /** Puts a message into the next frame. */
  write(message: string): void {
    this.#due.push(message);
  }

  /** Sends all that is due, in as few frames as the bounds of a frame allow; false where the socket is gone. */
  flush(): boolean {
    if (this.#due.length === 0) return true;
    const due = this.#due;
    this.#due = [];
    if (!this.acks) return due.every((message) => this.link.send(message));
    let frame: string[] = [];
    // The opening bracket of an array; a comma, or the closing bracket, comes with each message.
    let size = 1;
    for (const message of due) {
      const bytes = utf8Length(message) + 1;
      const full = frame.length === LIMITS.maxMessagesPerFrame || size + bytes > LIMITS.maxFrameBytes;
      if (full && frame.length > 0) {
        if (!this.link.send(packFrame(frame))) return false;
        frame = [];
        size = 1;
      }
      frame.push(message);
      size += bytes;
    }
    return this.link.send(packFrame(frame));
  }
}
