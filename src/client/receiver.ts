/**
 * What came and the app has not taken yet, in order. The app takes one message at a time; only what it has taken is acked,
 * counted as the place to resume from and remembered against duplicates. So a slow app slows the edge down, and a crash loses
 * nothing that the app did not have.
 */
import { AckPacer } from "./ack-pacer.ts";
import type { WireMessage } from "./message.ts";
import { text, whole } from "./message.ts";
import { SeenIds } from "./seen-ids.ts";
import type { Cursor, KeptState } from "./storage/kept-state.ts";
import { GAP } from "./wire-types.ts";

/** Messages that no ack slows down wait in such numbers; past it, new ones are dropped, as volatile ones may be. */
const MAX_VOLATILE = 1_000;

export interface ReceiverPort {
  /** Gives a message to the app. True, or resolved: it has taken it; false: nobody is there to take it. */
  give(message: WireMessage): Promise<void> | boolean;
  ack(seq: number): void;
}

interface Waiting {
  readonly message: WireMessage;
  readonly seq: number | undefined;
  readonly key: string | undefined;
}

export class Receiver {
  readonly #port: ReceiverPort;
  readonly #kept: KeptState;
  readonly #pacer = new AckPacer((seq) => this.#ack(seq));
  readonly #seen = new SeenIds();
  #waiting: Waiting[] = [];
  #volatile = 0;
  #isGiving = false;
  #epoch = "";
  /** The app has everything of this connection up to here. */
  #takenSeq = 0;
  #ackedSeq = 0;
  /** Taken since the store was told the last time: how many messages, and the keys of those that have one. */
  #news = 0;
  #newKeys: string[] = [];
  /** Given to the app when the connection broke: the edge will send it again, perhaps without an id to know it by. */
  #limboSeq: number | undefined;
  /** Counts beginnings and ends of connections: what came on one says nothing about the next. */
  #connection = 0;

  constructor(port: ReceiverPort, kept: KeptState) {
    this.#port = port;
    this.#kept = kept;
  }

  restore(seen: readonly string[]): void {
    for (const id of seen) this.#seen.add(id);
  }

  /** Where to resume; undefined before the first WELCOME. */
  get cursor(): Cursor | undefined {
    return this.#epoch === "" ? this.#kept.cursor : { epoch: this.#epoch, seq: this.#takenSeq };
  }

  /** WELCOME: everything after `seq` comes on this connection. */
  connected({ epoch, seq }: Cursor): void {
    this.#connection++;
    if (epoch !== this.#epoch) this.#limboSeq = undefined;
    this.#epoch = epoch;
    this.#takenSeq = this.#ackedSeq = seq;
  }

  /** What the app has not taken comes again on the next connection. */
  disconnected(): void {
    this.#note();
    this.#pacer.reset();
    this.#connection++;
    const current = this.#isGiving ? this.#waiting[0] : undefined;
    this.#limboSeq = current?.seq ?? this.#limboSeq;
    this.#waiting = current === undefined ? [] : [current];
    this.#volatile = current !== undefined && current.seq === undefined ? 1 : 0;
  }

  /** Acks what was taken, now: once the connection is closed, an ack that waits for the store would come too late. */
  flush(): void {
    this.#note();
    this.#pacer.reset();
    this.#ack(this.#takenSeq);
  }

  received(message: WireMessage): void {
    const seq = whole(message["seq"]) ?? gapEnd(message);
    if (seq === undefined && this.#volatile >= MAX_VOLATILE) return;
    if (seq === undefined) this.#volatile++;
    this.#waiting.push({ message, seq, key: keyOf(message) });
  }

  /** Goes on giving; call it after `received`, and when somebody new listens. */
  pump(): void {
    while (!this.#isGiving && this.#waiting.length > 0) {
      const next = this.#waiting[0]!;
      const connection = this.#connection;
      const isDuplicate =
        next.key === undefined ? next.seq !== undefined && next.seq === this.#limboSeq : this.#seen.has(next.key);
      // Handlers may close the client, or have it give more.
      this.#isGiving = true;
      const taken = isDuplicate || this.#port.give(next.message);
      if (taken === false) {
        this.#isGiving = false;
        break;
      }
      if (taken === true) this.#done(next, connection);
      else {
        void taken.then(() => {
          this.#done(next, connection);
          this.pump();
        });
      }
    }
    this.#note();
  }

  #done({ seq, key }: Waiting, connection: number): void {
    this.#isGiving = false;
    this.#waiting.shift();
    if (seq === undefined) this.#volatile--;
    else this.#news++;
    if (key !== undefined && !this.#seen.has(key)) {
      this.#seen.add(key);
      if (seq !== undefined) this.#newKeys.push(key);
    }
    // A seq of an earlier connection says nothing about this one.
    if (seq !== undefined && connection === this.#connection) this.#takenSeq = seq;
  }

  /** What was taken is noted in the store at once, so that it does not come again after a crash; acked when that is done. */
  #note(): void {
    if (this.#news === 0) return;
    const [seq, messages, connection] = [this.#takenSeq, this.#news, this.#connection];
    this.#news = 0;
    void this.#kept.advance({ epoch: this.#epoch, seq }, this.#newKeys.splice(0)).then(() => {
      if (connection === this.#connection) this.#pacer.owes(seq, messages);
    });
  }

  #ack(seq: number): void {
    if (seq <= this.#ackedSeq) return;
    this.#ackedSeq = seq;
    this.#port.ack(seq);
  }
}

/** Messages of one session are named within it; a notice has no id, and comes under its own seq alone. */
function keyOf(message: WireMessage): string | undefined {
  const id = text(message["id"]);
  if (id === undefined) return undefined;
  return `${text(message["dest_session_id"]) ?? ""}\n${text(message["src_id"]) ?? ""}\n${id}`;
}

/** A gap of the inbox has no seq of its own: it ends at one. */
function gapEnd(message: WireMessage): number | undefined {
  if (message["type"] !== GAP) return undefined;
  return whole((message["payload"] as { to_seq?: unknown } | undefined)?.to_seq);
}
