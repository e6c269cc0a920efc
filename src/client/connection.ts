/** Keeps a node connected: the state machine of connecting, waiting and coming back. */
import type { AllsparkError } from "./errors.ts";
import type { EdgeHttp } from "./http.ts";
import { Link, type Welcome } from "./link.ts";
import type { WireMessage } from "./message.ts";
import type { Settings } from "./options.ts";
import { comeBackAfter, isKeyRefused } from "./reconnect.ts";
import type { Status } from "./status.ts";
import type { Cursor } from "./storage/kept-state.ts";
import { onWake } from "./wake.ts";

export interface ConnectionPort {
  /** Whatever must be done before it connects. Answers what is to be done then, if it is still wanted. */
  prepare(): Promise<() => void>;
  resume(): Cursor | undefined;
  /** Throws where this node must not use this connection. */
  connected(welcome: Welcome): void;
  frame(messages: readonly WireMessage[]): void;
  disconnected(): void;
  status(status: Status): void;
}

/** A connection that lasted so long was a good one: the next failure starts counting anew. */
const LASTED_MS = 5_000;
/** The edge may take so long to answer a probe: when somebody looks at the page there is less patience than in between. */
const PROBE_MS = 5_000;

export class Connection {
  readonly #settings: Settings;
  readonly #http: EdgeHttp;
  readonly #port: ConnectionPort;
  #status: Status = { state: "idle" };
  #link: Link | undefined;
  #attempt = 0;
  #refusedKeys = 0;
  #connectedAt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #stopWaking: (() => void) | undefined;

  constructor(settings: Settings, http: EdgeHttp, port: ConnectionPort) {
    this.#settings = settings;
    this.#http = http;
    this.#port = port;
  }

  get status(): Status {
    return this.#status;
  }

  /** Does nothing where it is connected or on the way. */
  open(): void {
    const { state } = this.#status;
    if (state === "connecting" || state === "connected" || state === "waiting") return;
    this.#attempt = this.#refusedKeys = 0;
    this.#stopWaking = onWake(() => this.#woken());
    const start: Status = { state: "connecting", attempt: 0 };
    this.#enter(start);
    this.#port.prepare().then(
      (prepared) => {
        if (this.#status !== start) return;
        prepared();
        this.#dial();
      },
      (error: AllsparkError) => {
        if (this.#status === start) this.fail(error);
      },
    );
  }

  close(): void {
    if (this.#status.state !== "closed") this.#end({ state: "closed" });
  }

  fail(error: AllsparkError): void {
    this.#end({ state: "failed", error });
  }

  send(frame: string): boolean {
    return this.#link?.send(frame) ?? false;
  }

  #dial(): void {
    const link: Link = new Link(this.#settings, {
      welcome: (welcome) => this.#welcome(link, welcome),
      frame: (messages) => this.#port.frame(messages),
      ended: (error) => this.#ended(link, error),
    });
    this.#link = link;
    if (this.#status.state === "waiting") this.#enter({ state: "connecting", attempt: this.#attempt });
    void link.open(this.#http, this.#port.resume());
  }

  #welcome(link: Link, welcome: Welcome): void {
    if (link !== this.#link) return;
    this.#connectedAt = Date.now();
    try {
      this.#port.connected(welcome);
    } catch (error) {
      this.fail(error as AllsparkError);
      return;
    }
    const { nodeId, connectionId, serverTime } = welcome;
    this.#enter({ state: "connected", nodeId, connectionId, clockOffsetMs: serverTime - this.#connectedAt });
  }

  #ended(link: Link, error: AllsparkError): void {
    if (link !== this.#link) return;
    this.#link = undefined;
    if (this.#status.state === "connected") {
      this.#port.disconnected();
      if (Date.now() - this.#connectedAt >= LASTED_MS) this.#attempt = 0;
    }
    const [attempt, refusedKeys] = [this.#attempt, this.#refusedKeys];
    const delayMs = comeBackAfter(error, { ...this.#settings, attempt, refusedKeys, random: Math.random() });
    if (delayMs === undefined) {
      this.fail(error);
      return;
    }
    this.#attempt++;
    this.#refusedKeys = isKeyRefused(error) ? this.#refusedKeys + 1 : 0;
    this.#retry = setTimeout(() => this.#dial(), delayMs);
    this.#enter({ state: "waiting", attempt: this.#attempt, retryAt: Date.now() + delayMs, cause: error });
  }

  #woken(): void {
    if (this.#status.state === "connected") this.#link?.probe(PROBE_MS);
    if (this.#status.state !== "waiting") return;
    clearTimeout(this.#retry);
    this.#dial();
  }

  #end(status: Status): void {
    clearTimeout(this.#retry);
    this.#stopWaking?.();
    const link = this.#link;
    this.#link = undefined;
    link?.end();
    if (this.#status.state === "connected") this.#port.disconnected();
    this.#enter(status);
  }

  #enter(status: Status): void {
    this.#status = status;
    this.#port.status(status);
  }
}
