/**
 * The members of one session and what each of them sees, written down so that two runs can be compared: ids become roles,
 * and numbers that the edge may choose freely are left out after they were checked.
 */
import { TYPE } from "../../../src/protocol/message-types.ts";
import { newId } from "../http/edge.ts";
import { Client, type ConnectOptions, type Message } from "../delivery/client.ts";
import { evictNodes } from "../delivery/evict.ts";
import { answer, as, closed, created, evictSessions, infoOf, joined, left, say } from "./calls.ts";

type Role = "A" | "B" | "C" | "D";

export class SessionWorld {
  readonly nodes: Record<Role, string> = { A: newId("a"), B: newId("b"), C: newId("c"), D: newId("d") };
  sessionId = "";
  readonly #connections: { role: Role; client: Client }[] = [];
  readonly #answers: string[] = [];

  /** Takes every object of this conversation out of memory. */
  async evict(): Promise<void> {
    await Promise.all([
      evictNodes(Object.values(this.nodes)),
      evictSessions(...(this.sessionId ? [this.sessionId] : [])),
    ]);
  }

  async create(): Promise<void> {
    this.sessionId = await created(this.nodes.A, { anyone_can_join: true });
  }

  async connect(role: Role, options: ConnectOptions): Promise<void> {
    this.#connections.push({ role, client: await Client.connect(this.nodes[role], options) });
  }

  resume(role: Role): Promise<void> {
    return this.connect(role, { resume: this.the(role).resume });
  }

  /** The newest connection of a role. */
  the(role: Role): Client {
    return this.#connections.findLast((connection) => connection.role === role)!.client;
  }

  say(role: Role, id: string, more: object): void {
    this.the(role).send(say(id, this.sessionId, more));
  }

  got(role: Role, id: string): Promise<void> {
    const client = this.the(role);
    return client.until(() => client.messages.some((message) => message.id === id), `${role} gets ${id}`);
  }

  noticed(role: Role, type: number, subject: string): Promise<void> {
    const client = this.the(role);
    const name = this.nodes[subject as Role] ?? subject;
    const is = (message: Message) => message.type === type && message.src_id === name;
    return client.until(() => client.messages.some(is), `${role} sees ${type} of ${subject}`);
  }

  refused(role: Role, id: string): Promise<void> {
    const client = this.the(role);
    const is = (message: Message) => message.type === TYPE.SESSION_UNAUTHORIZED && message.id === id;
    return client.until(() => client.seen.some(is), `-5 for ${id}`);
  }

  async take(role: Role): Promise<void> {
    this.#note("taken in", await joined(this.sessionId, this.nodes[role], {}, this.nodes.A));
  }

  async join(role: Role, options: object): Promise<void> {
    this.#note("joined", await joined(this.sessionId, this.nodes[role], options));
  }

  async remove(role: Role): Promise<void> {
    this.#note("removed", await left(this.sessionId, this.nodes[role], this.nodes.A));
  }

  async close(): Promise<void> {
    this.#note("closed", await closed(this.sessionId, this.nodes.A));
  }

  async info(role: Role): Promise<void> {
    const {
      created_at: _at,
      last_session_seq: _seq,
      members,
      ...rest
    } = await infoOf(this.sessionId, this.nodes[role]);
    this.#note(`info for ${role}`, { ...rest, members: members.map(({ node_id, anonymous }) => [node_id, anonymous]) });
  }

  async readInbox(role: Role): Promise<void> {
    const { messages, more } = await answer<{ messages: Message[]; more: boolean }>(
      as(this.nodes[role], "GET", `/v1/nodes/${this.nodes[role]}/inbox`),
    );
    this.#note(`inbox of ${role}`, { messages: messages.map(plain), more });
  }

  async fetch(role: Role): Promise<void> {
    const { messages } = await this.the(role).config({ fetch_inbox_messages: true });
    this.#note(
      `${role} fetched`,
      messages!.map((text) => plain(JSON.parse(text) as Message)),
    );
  }

  #note(what: string, value: unknown): void {
    this.#answers.push(`${what}: ${JSON.stringify(value)}`);
  }

  async end(): Promise<void> {
    for (const { client } of this.#connections) await client.close();
  }

  /** What everyone saw, a line each, in the order of each connection. */
  transcript(): string[] {
    const seen = this.#connections.flatMap(({ role, client }) => {
      const seqs = client.messages.flatMap(({ session_seq: seq }) => (typeof seq === "number" ? [seq] : []));
      const swapped = seqs.filter((seq, i) => i > 0 && seq <= seqs[i - 1]!);
      return [
        `${role} connects`,
        ...client.seen
          .filter(({ type }) => type !== TYPE.CONFIG_RESPONSE)
          .flatMap(lines)
          .map((line) => `${role} < ${line}`),
        `${role} saw ${swapped.length} swapped, ${client.sessionGaps.length + client.gaps.length} gaps`,
        `${role} is ${client.closeCode === undefined ? "open" : `closed with ${client.closeCode}`}`,
      ];
    });
    return [...seen, ...this.#answers].map((line) => this.#named(line));
  }

  #named(line: string): string {
    const names = Object.entries(this.nodes).concat([["SESSION", this.sessionId]]);
    return names.reduce((text, [name, id]) => text.replaceAll(id, name), line);
  }
}

function lines(message: Message): string[] {
  if (message.type === TYPE.WELCOME) return ["welcome"];
  if (message.type !== TYPE.ACK) return [JSON.stringify(plain(message))];
  return (message.payload as { acks: [string, string][] }).acks.map(([id, status]) => `ack ${id} ${status}`);
}

function plain(message: Message): Message {
  const rest: Message = { ...message };
  for (const field of ["seq", "timestamp", "session_seq"]) {
    if (typeof rest[field] === "number") (rest as Record<string, unknown>)[field] = "a number";
  }
  return rest;
}
