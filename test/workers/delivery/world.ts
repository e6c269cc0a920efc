/**
 * The clients of one conversation and what each of them sees, written down so that two runs can be compared: ids become
 * roles, and numbers that the edge may choose freely (seqs, times, connection ids) are left out after they were checked.
 */
import { TYPE } from "../../../src/protocol/message-types.ts";
import { authKey, bearer, call, newId, postJson } from "../http/edge.ts";
import { Client, type ConnectOptions, type Message } from "./client.ts";
import { evictClients, evictNodes } from "./evict.ts";

type Role = "A" | "B" | "C" | "D" | "E";
type Pushed = { results: { node_id: string; status: string }[] };
type Inbox = { messages: Message[]; more: boolean };

export class World {
  readonly nodes: Record<Role, string> = {
    A: newId("a"),
    B: newId("b"),
    C: newId("c"),
    D: newId("d"),
    E: newId("e"),
  };
  readonly clientId = newId("client");
  readonly #appId = newId("app");
  readonly #connections: { role: Role; client: Client }[] = [];
  readonly #answers: string[] = [];
  /** The message with a ttl was stamped by then, ms. */
  ttlStartedBy = 0;
  #pushed: Promise<Response> | undefined;

  /** Takes every object of this conversation out of memory. */
  async evict(): Promise<void> {
    await Promise.all([evictNodes([...Object.values(this.nodes), this.#appId]), evictClients([this.clientId])]);
  }

  async connect(role: Role, options: ConnectOptions = {}): Promise<Client> {
    const client = await Client.connect(this.nodes[role], options);
    this.#connections.push({ role, client });
    const welcome = client.welcome ?? { node_id: this.nodes[role], seq: Infinity };
    const leftOffAt = options.resume?.lastSeq ?? 0;
    if (welcome.node_id !== this.nodes[role] || welcome.seq < leftOffAt) {
      throw new Error(`welcomed as ${welcome.node_id} at ${welcome.seq}, left off at ${leftOffAt}`);
    }
    return client;
  }

  /** The newest connection of a role. */
  the(role: Role): Client {
    return this.#connections.findLast((connection) => connection.role === role)!.client;
  }

  /** Reads an inbox over HTTP, notes and answers it. */
  async readInbox(role: Role): Promise<Inbox> {
    const nodeId = this.nodes[role];
    const response = await call(`/v1/nodes/${nodeId}/inbox`, { headers: bearer(await authKey(nodeId)) });
    const inbox = await response.json<Inbox>();
    const messages = inbox.messages.map((message) => plain(message));
    this.#answers.push(`inbox of ${role}: ${JSON.stringify(messages)} more: ${inbox.more}`);
    return inbox;
  }

  /** Acks an inbox over HTTP and notes the answer. */
  async ackInbox(role: Role, seq: number): Promise<void> {
    const nodeId = this.nodes[role];
    const response = await postJson(`/v1/nodes/${nodeId}/ack`, await authKey(nodeId), { seq });
    this.#answers.push(`ack of the inbox of ${role}: ${await response.text()}`);
  }

  /** An app node pushes to a role; the answer comes when the recipient has acked. */
  async push(id: string, role: Role): Promise<void> {
    const key = await authKey(this.#appId, { app: true });
    this.#pushed = postJson("/v1/messages", key, {
      to_nodes: [this.nodes[role]],
      payload: { id, type: 1, payload: id },
    });
  }

  async pushAnswered(id: string): Promise<void> {
    const { results } = await (await this.#pushed!).json<Pushed>();
    for (const { status } of results) this.#answers.push(`ack ${id} ${status}`);
  }

  async end(): Promise<void> {
    for (const { client } of this.#connections) await client.close();
  }

  /** What everyone saw, a line each, in the order of each connection. */
  transcript(): string[] {
    const seen = this.#connections.flatMap(({ role, client }) => [
      `${role} connects`,
      ...client.seen.flatMap(lines).map((line) => `${role} < ${line}`),
      `${role} is ${client.closeCode === undefined ? "open" : `closed with ${client.closeCode}`}`,
    ]);
    return [...seen, ...this.#answers].map((line) => this.#named(line));
  }

  #named(line: string): string {
    const names = Object.entries(this.nodes).concat([
      ["CLIENT", this.clientId],
      ["APP", this.#appId],
    ]);
    return names.reduce((text, [name, id]) => text.replaceAll(id, name), line);
  }
}

function lines(message: Message): string[] {
  const { type, payload } = message;
  switch (type) {
    case TYPE.WELCOME:
      return ["welcome"];
    case TYPE.ACK:
      return (payload as { acks: [string, string][] }).acks.map(([id, status]) => `ack ${id} ${status}`);
    case TYPE.GAP: {
      const gap = payload as { from_seq: number; to_seq: number; reason: string };
      return [`gap of ${gap.to_seq - gap.from_seq + 1}: ${gap.reason}`];
    }
    case TYPE.CONFIG_RESPONSE: {
      const answer = JSON.parse(payload as string) as { messages?: string[]; from_seq?: number; to_seq?: number };
      const messages = (answer.messages ?? []).map((text) => JSON.parse(text) as Message);
      const bounds = [answer.from_seq === messages.at(-1)?.seq, answer.to_seq === messages[0]?.seq];
      return [JSON.stringify({ ...answer, from_seq: bounds[0], to_seq: bounds[1], messages: messages.map(plain) })];
    }
    default:
      return [JSON.stringify(plain(message))];
  }
}

function plain(message: Message): Message & Record<string, unknown> {
  const rest: Record<string, unknown> = { ...message };
  for (const field of ["seq", "timestamp"]) if (typeof rest[field] === "number") rest[field] = "a number";
  return rest;
}
