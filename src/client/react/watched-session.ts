/** A session as components see it: joined where they want that, read, and followed for as long as one of them is mounted. */
import { fullJitter } from "../../protocol/backoff.ts";
import type { Allspark } from "../allspark.ts";
import { AllsparkError, asError } from "../errors.ts";
import type { OutgoingMessage, Receipt } from "../message.ts";
import type { Membership, SessionInfo, SessionMember } from "../sessions/session-info.ts";
import type { SessionView } from "../sessions/session-view.ts";
import type { JoinOptions } from "../sessions/sessions.ts";

/**
 * What {@link useSession} answers.
 *
 * @example
 * ```tsx
 * import type { SessionState } from "allspark/react";
 *
 * function Online({ session }: { session: SessionState }) {
 *   if (session.ended) return <p>The session is over: {session.ended}</p>;
 *   return <p>{session.members.filter(({ online }) => online).length} online</p>;
 * }
 * ```
 */
export interface SessionState {
  /** undefined until it is known. */
  readonly info: SessionInfo | undefined;
  readonly members: readonly SessionMember[];
  /** This node's membership. */
  readonly me: Membership | null;
  /** This node is the master of the game, as far as it was told. */
  readonly isMaster: boolean;
  /** Why it could not be joined or read. Where that may pass by itself (`temporary`) it is tried again. */
  readonly error: AllsparkError | undefined;
  /** This node is a member no longer; nothing changes after it. */
  readonly ended: "removed" | "closed" | "left" | undefined;
  /** Neither the info nor an error that is there to stay has come. */
  readonly isLoading: boolean;
  /** Sends to the session, as {@link Allspark.send} does; waits until the session is known. */
  readonly send: (message: Omit<OutgoingMessage, "toSession" | "toClient">) => Promise<Receipt>;
}

const RETRY_BASE_MS = 500;
const RETRY_CAP_MS = 30_000;

export class WatchedSession {
  readonly #allspark: Allspark;
  readonly #id: string;
  readonly #join: JoinOptions | undefined;
  readonly #running: (isRunning: boolean) => void;
  readonly #changed = new Set<() => void>();
  #state: SessionState;
  #view: SessionView | undefined;
  #isRunning = false;
  /** Counts starts, so that what an earlier one still awaits is not taken for this one's. */
  #run = 0;
  #isOpening = false;
  #attempt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #stopStatus: (() => void) | undefined;
  readonly #waiting = new Set<() => void>();

  /** `running` hears whether anybody follows it. */
  constructor(
    allspark: Allspark,
    id: string,
    join: JoinOptions | undefined,
    running: (isRunning: boolean) => void = () => {},
  ) {
    this.#allspark = allspark;
    this.#id = id;
    this.#join = join;
    this.#running = running;
    this.#state = { ...UNKNOWN_SESSION, send: (message) => this.#send(message), isLoading: true };
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Follows the session until everybody's stop was called. */
  onChange(changed: () => void): () => void {
    this.#changed.add(changed);
    // Not at once: StrictMode takes the first one back and asks again.
    queueMicrotask(() => this.#settle());
    return () => {
      this.#changed.delete(changed);
      queueMicrotask(() => this.#settle());
    };
  }

  #settle(): void {
    const wanted = this.#changed.size > 0;
    if (wanted === this.#isRunning) return;
    this.#isRunning = wanted;
    this.#run++;
    this.#running(wanted);
    if (wanted) this.#start();
    else this.#stop();
  }

  #start(): void {
    this.#attempt = 0;
    this.#stopStatus = this.#allspark.on("status", ({ state }) => {
      // A view reads itself again; whatever kept this from having one may be over.
      if (state === "connected" && this.#view === undefined && !this.#isOpening) this.#open();
    });
    this.#become({ error: undefined, ended: undefined, isLoading: this.#state.info === undefined });
    this.#open();
  }

  #stop(): void {
    this.#stopStatus?.();
    clearTimeout(this.#retry);
    this.#view?.close();
    this.#view = undefined;
    this.#wake();
  }

  #open(): void {
    clearTimeout(this.#retry);
    void this.#read(this.#run);
  }

  async #read(run: number): Promise<void> {
    const { sessions } = this.#allspark;
    this.#isOpening = true;
    try {
      if (this.#join !== undefined) await sessions.join(this.#id, this.#join);
      const view = await sessions.watch(this.#id);
      if (run !== this.#run) view.close();
      else this.#follow(view);
    } catch (thrown) {
      if (run === this.#run) this.#failed(thrown, () => this.#open());
    } finally {
      if (run === this.#run) this.#isOpening = false;
    }
  }

  #follow(view: SessionView): void {
    this.#view = view;
    const refresh = () => void view.refresh().catch((error: unknown) => this.#failed(error, refresh));
    view.on("change", () => this.#show(view));
    view.on("end", (ended) => this.#become({ ended }));
    view.on("error", (error) => this.#failed(error, refresh));
    this.#show(view);
    this.#wake();
  }

  #show(view: SessionView): void {
    const { info, isMaster } = view;
    const { members, me } = info;
    this.#attempt = 0;
    this.#become({ info, members, me, isMaster, error: undefined, isLoading: false });
  }

  #failed(thrown: unknown, again: () => void): void {
    const error = asError(thrown, "NETWORK", "the session could not be read");
    this.#become({ error, isLoading: error.temporary && this.#state.info === undefined });
    this.#wake();
    if (!error.temporary || !this.#isRunning) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(again, fullJitter(this.#attempt++, RETRY_BASE_MS, RETRY_CAP_MS, Math.random()));
  }

  async #send(message: Omit<OutgoingMessage, "toSession" | "toClient">): Promise<Receipt> {
    while (this.#view === undefined && this.#state.isLoading && this.#changed.size > 0) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
    if (this.#view !== undefined) return this.#view.send(message);
    if (this.#state.error !== undefined) throw this.#state.error;
    return this.#allspark.send({ ...message, toSession: this.#id });
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #become(changes: Partial<SessionState>): void {
    this.#state = { ...this.#state, ...changes };
    for (const changed of this.#changed) changed();
  }
}

/** Before anything is known, and where no session is named. */
export const UNKNOWN_SESSION: SessionState = {
  info: undefined,
  members: [],
  me: null,
  isMaster: false,
  error: undefined,
  ended: undefined,
  isLoading: false,
  send: () => Promise.reject(new AllsparkError("BAD_OPTION", "no session is named")),
};
