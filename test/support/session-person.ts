/** A node whose user does everything that one may do in sessions, by socket and HTTP; all that it receives is witnessed. */
import { randomUUID } from "node:crypto";
import { ClassicClient } from "./classic-client.ts";
import type { Edge } from "./edge.ts";
import type { Witness } from "./session-witness.ts";
import { V1Client } from "./v1-client.ts";

export interface PersonOptions {
  mode: "v1" | "classic";
  /** As in V1Client; a slow one's messages go through its inbox. */
  acks?: number;
}

export interface SessionView {
  session_id: string;
  owner_id: string | null;
  master_id: string | null;
  fencing_number: number;
  last_session_seq: number;
  members: { node_id: string }[];
  me: { node_id: string; anonymous_id: string | null } | null;
}

export class Person {
  readonly nodeId: string;
  readonly clientId: string;
  readonly key: string;
  client: V1Client | ClassicClient | undefined;
  /** The names of others that it was shown, by session. */
  readonly names = new Map<string, string[]>();
  readonly #edge: Edge;
  readonly #witness: Witness;
  readonly #options: PersonOptions;
  readonly #v1: V1Client[] = [];
  #sent = 0;
  #last: string | undefined;

  constructor(edge: Edge, witness: Witness, name: string, options: PersonOptions) {
    this.nodeId = `node-${name}-${randomUUID()}`;
    this.clientId = `client-${name}-${randomUUID()}`;
    this.key = edge.key(this.nodeId, { clientId: this.clientId });
    this.#edge = edge;
    this.#witness = witness;
    this.#options = options;
  }

  get isOnline(): boolean {
    return this.client !== undefined && this.client.closeCode === undefined;
  }

  /** Comes online; a v1 client resumes, or comes as one that lost its memory. */
  async come(resume = true): Promise<void> {
    if (this.isOnline) return;
    const onFrame = (text: string): void => this.#witness.note(this.nodeId, "frame", text);
    if (this.#options.mode === "classic") {
      this.client = await ClassicClient.connect(this.#edge.url, this.key, onFrame);
    } else if (this.client instanceof V1Client && resume) await this.client.open();
    else {
      const { acks } = this.#options;
      this.client = await V1Client.connect({ url: this.#edge.url, key: this.key, onFrame, ...(acks && { acks }) });
      this.#v1.push(this.client);
    }
    this.client.socket?.on("close", (_code, reason) => this.#witness.note(this.nodeId, "close", reason.toString()));
  }

  /** Goes, in good order or like one that crashed. */
  async go(cleanly: boolean): Promise<void> {
    const { client } = this;
    if (client === undefined || !this.isOnline) return;
    if (cleanly) return client.close();
    client.socket?.terminate();
    await client.until(() => client.closeCode !== undefined, 5_000, "the end of the socket");
  }

  /** Sends something, with an id of its own; nothing while it is offline. */
  send(message: Record<string, unknown>): void {
    this.#last = JSON.stringify({ id: `m-${++this.#sent}`, ...message });
    this.#write(this.#last);
  }

  /** Sends the last once more. */
  repeat(): void {
    if (this.#last !== undefined) this.#write(this.#last);
  }

  #write(text: string): void {
    if (this.isOnline) this.client!.socket!.send(text);
  }

  get receipts(): { src_id?: string; payload?: unknown; dest_session_id?: unknown }[] {
    return this.#options.mode === "v1" ? this.#v1.flatMap(({ messages }) => messages) : (this.client?.messages ?? []);
  }

  /** Messages that came once more, and were dropped by its client. */
  get repeats(): number {
    return this.#v1.reduce((sum, { receipts, messages }) => sum + receipts - messages.length, 0);
  }

  async call<Body = unknown>(method: string, path: string, body?: unknown): Promise<{ status: number; body: Body }> {
    const response = await fetch(this.#edge.url + path, {
      method,
      headers: {
        authorization: `Bearer ${this.key}`,
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const head = [...response.headers].map(([name, value]) => `${name}: ${value}\n`).join("");
    this.#witness.note(this.nodeId, `${method} ${path.replace(this.nodeId, "{me}")}`, head + text);
    return { status: response.status, body: JSON.parse(text) as Body };
  }

  /** Looks at a session, and remembers who is there. */
  async look(sessionId: string): Promise<SessionView | undefined> {
    const { status, body } = await this.call<SessionView>("GET", `/v1/sessions/${sessionId}`);
    if (status !== 200) return undefined;
    this.names.set(
      sessionId,
      body.members.map((member) => member.node_id),
    );
    return body;
  }

  join(sessionId: string, isAnonymous: boolean): Promise<{ status: number; body: unknown }> {
    return this.call("PUT", `/v1/sessions/${sessionId}/members/${this.nodeId}`, { is_anonymous: isAnonymous });
  }

  leave(sessionId: string): Promise<{ status: number; body: unknown }> {
    return this.call("DELETE", `/v1/sessions/${sessionId}/members/${this.nodeId}`);
  }
}
