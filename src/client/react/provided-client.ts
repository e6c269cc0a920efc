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
  #opening: AbortController | undefined;
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
    if (wanted === (this.#opening !== undefined)) return;
    if (wanted) void this.#open((this.#opening = new AbortController()).signal);
    else this.#close();
  }

  async #open(signal: AbortSignal): Promise<void> {
    this.#failure = undefined;
    this.messages.start();
    try {
      // A store that is being closed must not be opened meanwhile.
      await this.#closing;
      await this.allspark.connect({ signal });
    } catch (error) {
      if (!signal.aborted) this.#failed(asError(error, "STORAGE", "the client could not start"));
    }
  }

  #close(): void {
    // Closing does not end an attempt that still waits for its store.
    this.#opening?.abort();
    this.#opening = undefined;
    this.messages.stop();
    this.#closing = this.allspark.close().finally(() => (this.#closing = undefined));
  }

  #failed(error: AllsparkError): void {
    // What ended a connection, or the wait for one, is the client's own status.
    if (error.code === "CLOSED" || this.allspark.status.state === "failed") return;
    this.#failure = { state: "failed", error };
    for (const listener of this.#statusListeners) listener();
  }
}
