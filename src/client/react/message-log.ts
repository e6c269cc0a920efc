/**
 * The newest messages that came. It takes messages from the first time that somebody asks for them until the provider is gone, so
 * that a component which is mounted later, or again, finds what came meanwhile. It lives in memory alone.
 */
import type { IncomingMessage } from "../message.ts";

/** Past it a message of whoever said most makes room: a busy session does not push a quiet one out. */
export const MAX_KEPT_MESSAGES = 5_000;

type Listen = (listener: (message: IncomingMessage) => void) => () => void;

export class MessageLog {
  readonly #listen: Listen;
  readonly #changed = new Set<() => void>();
  readonly #counts = new Map<string, number>();
  readonly #kept: IncomingMessage[] = [];
  /** What was last read; undefined when something came since. */
  #snapshot: readonly IncomingMessage[] | undefined;
  #isTelling = false;
  #isWanted = false;
  #isRunning = false;
  #stop: (() => void) | undefined;

  constructor(listen: Listen) {
    this.#listen = listen;
  }

  /** In the order in which they came: the same array until another one comes. */
  get messages(): readonly IncomingMessage[] {
    return (this.#snapshot ??= [...this.#kept]);
  }

  /** Answers what stops telling; messages are taken all the same from the first call on. */
  onChange(changed: () => void): () => void {
    this.#changed.add(changed);
    this.#isWanted = true;
    this.#attach();
    return () => void this.#changed.delete(changed);
  }

  /** The provider is there. */
  start(): void {
    this.#isRunning = true;
    this.#attach();
  }

  /** The provider is gone: what comes from now on is for others. */
  stop(): void {
    this.#isRunning = false;
    this.#stop?.();
    this.#stop = undefined;
  }

  #attach(): void {
    if (this.#isWanted && this.#isRunning) this.#stop ??= this.#listen((message) => this.#take(message));
  }

  #take(message: IncomingMessage): void {
    this.#kept.push(message);
    this.#count(message, 1);
    if (this.#kept.length > MAX_KEPT_MESSAGES) {
      const loudest = this.#loudest();
      const oldest = this.#kept.findIndex((kept) => conversationOf(kept) === loudest);
      const [dropped] = this.#kept.splice(oldest, 1);
      this.#count(dropped!, -1);
    }
    this.#snapshot = undefined;
    this.#tell();
  }

  /** A frame may hold hundreds of messages, and is drawn once. */
  #tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      for (const changed of this.#changed) changed();
    });
  }

  #count(message: IncomingMessage, by: number): void {
    const conversation = conversationOf(message);
    const count = (this.#counts.get(conversation) ?? 0) + by;
    if (count === 0) this.#counts.delete(conversation);
    else this.#counts.set(conversation, count);
  }

  #loudest(): string {
    let [loudest, most] = ["", 0];
    for (const [conversation, count] of this.#counts) if (count > most) [loudest, most] = [conversation, count];
    return loudest;
  }
}

function conversationOf({ session, from }: IncomingMessage): string {
  return session === undefined ? `from ${from}` : `in ${session}`;
}
