/**
 * What a provider holds for the components below it: the client, connected while the provider is mounted, the messages that came
 * and the sessions that somebody watches. Nothing here knows React.
 */
import type { Allspark } from "../allspark.ts";
import type { JoinOptions } from "../sessions/sessions.ts";
import { MessageLog } from "./message-log.ts";
import { WatchedSession } from "./watched-session.ts";

export class ProvidedClient {
  readonly allspark: Allspark;
  readonly messages: MessageLog;
  readonly #sessions = new Map<string, WatchedSession>();
  #mounts = 0;
  #isOpen = false;

  constructor(allspark: Allspark) {
    this.allspark = allspark;
    this.messages = new MessageLog((listener) => allspark.on("message", listener));
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
        else if (this.#sessions.get(key) === made) this.#sessions.delete(key);
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
    if (wanted) {
      this.messages.start();
      // What hinders it is the client's status.
      this.allspark.connect().catch(() => {});
    } else {
      this.messages.stop();
      void this.allspark.close();
    }
  }
}
