/**
 * What a provider holds for the components below it: the client, connected while the provider is mounted, the messages that came
 * and the sessions that somebody watches. Nothing here knows React.
 */
import type { Allspark } from "../allspark.ts";
import { asError, type AllsparkError } from "../errors.ts";
import type { JoinOptions } from "../sessions/sessions.ts";
import type { Status } from "../status.ts";
import { MessageLog } from "./message-log.ts";
import { WatchedSession } from "./watched-session.ts";

export class ProvidedClient {
  readonly allspark: Allspark;
  readonly messages: MessageLog;
  readonly #sessions = new Map<string, WatchedSession>();
  readonly #statusListeners = new Set<() => void>();
  #mounts = 0;
  #isOpen = false;
  #closing: Promise<void> | undefined;
  /** Why connecting did not even begin: the client itself stays `idle` then. */
  #failure: (Status & { state: "failed" }) | undefined;

  constructor(allspark: Allspark) {
    this.allspark = allspark;
    this.messages = new MessageLog((listener) => allspark.on("message", listener));
  }

  get status(): Status {
    const { status } = this.allspark;
    return status.state === "idle" || status.state === "closed" ? (this.#failure ?? status) : status;
  }

  /** Answers what stops listening. */
  onStatus(listener: () => void): () => void {
    const stop = this.allspark.on("status", listener);
    this.#statusListeners.add(listener);
    return () => {
      stop();
      this.#statusListeners.delete(listener);
    };
  }

  /** Connects until every mount was undone. Mounts that StrictMode or a fast refresh undoes and makes anew change nothing. */
  mount(): () => void {
    this.#mounts++;
    this.#settle();
    return () => {
      this.#mounts--;
      queueMicrotask(() => this.#settle());
    };
  }

  /** The one of this name, which all components share; `join` makes another of it. */
  session(id: string, join: JoinOptions | undefined): WatchedSession {
    const key = JSON.stringify([id, join && [join.anonymous, join.anonymousId]]);
    let session = this.#sessions.get(key);
    if (session === undefined) {
      const made: WatchedSession = new WatchedSession(this.allspark, id, join, (isRunning) => {
        if (isRunning) this.#sessions.set(key, made);
        else this.#sessions.delete(key);
      });
      session = made;
      this.#sessions.set(key, made);
    }
    return session;
  }

  #settle(): void {
    const wanted = this.#mounts > 0;
    if (wanted === this.#isOpen) return;
    this.#isOpen = wanted;
    if (wanted) void this.#open();
    else {
      this.messages.stop();
      this.#closing = this.allspark.close().finally(() => (this.#closing = undefined));
    }
  }

  async #open(): Promise<void> {
    this.#failure = undefined;
    this.messages.start();
    // A store that is being closed must not be opened meanwhile.
    await this.#closing;
    if (!this.#isOpen) return;
    try {
      await this.allspark.connect();
    } catch (error) {
      this.#failed(asError(error, "STORAGE", "the client could not start"));
    }
  }

  #failed(error: AllsparkError): void {
    // What ended a connection, or the wait for one, is the client's own status.
    if (!this.#isOpen || error.code === "CLOSED" || this.allspark.status.state === "failed") return;
    this.#failure = { state: "failed", error };
    for (const listener of this.#statusListeners) listener();
  }
}
