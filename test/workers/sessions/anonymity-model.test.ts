/**
 * Random life in a session with anonymous members, from fixed seeds: under no interleaving of joins, leaves, talk, absence,
 * evictions and errors does anybody else receive a real id; but the owner is answered the pair of one that it takes in
 * itself, by its id, as long as that membership lasts.
 */
import { expect, test } from "vitest";
import { SeededRandom } from "../../support/seeded-random.ts";
import { newId } from "../http/edge.ts";
import { Client } from "../delivery/client.ts";
import { evictNodes } from "../delivery/evict.ts";
import { as, created, evictSessions, joined, say } from "./calls.ts";

const SEEDS = [1, 2, 3, 4, 5, 6];
const STEPS = 60;

interface Person {
  nodeId: string;
  anonymousId: string | null;
  isIn: boolean;
  /** It is in because the owner took it in. */
  isTakenIn: boolean;
  /** It has revealed itself since it came in. */
  isShown: boolean;
  client: Client | undefined;
}

const OUT = { isIn: false, isTakenIn: false, isShown: false };

class Life {
  readonly #random: SeededRandom;
  readonly #people: Person[] = [];
  /** What others than the anonymous ones received: their sockets, and their answers over HTTP. */
  readonly #heard: Client[] = [];
  readonly #answers: string[] = [];
  readonly #clientId = newId("secret-client");
  readonly #revealed = new Set<Person>();
  readonly #leaks: string[] = [];
  /** What the owner was answered about those whom it took in, where that was not right. */
  readonly #wrong: string[] = [];
  #sessionId = "";
  #count = 0;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  async begin(): Promise<void> {
    const type = this.#random.int(0, 1);
    const names = ["owner", "known", "secret-a", "secret-b", "secret-c"];
    for (const name of names) {
      this.#people.push({ nodeId: newId(name), anonymousId: null, ...OUT, client: undefined });
    }
    const [owner, known] = this.#people;
    const options = { anyone_can_join: true, presence: true, history_messages: 40, session_type: type };
    this.#sessionId = await created(owner!.nodeId, options);
    await joined(this.#sessionId, known!.nodeId);
    owner!.isIn = known!.isIn = true;
    await this.#takeIn(owner!, this.#people[2]!);
  }

  get #secret(): Person[] {
    return this.#people.slice(2);
  }

  #isSecret(person: Person): boolean {
    return this.#secret.includes(person);
  }

  /** A name to try: what the session shows, or a real id. */
  #name(): string {
    const { nodeId, anonymousId } = this.#random.pick(this.#people);
    return this.#random.chance(0.7) ? (anonymousId ?? nodeId) : nodeId;
  }

  async #ask(person: Person, method: string, path: string, body?: object): Promise<number> {
    const response = await as(person.nodeId, method, path, body);
    const text = await response.text();
    if (!this.#isSecret(person)) this.#answers.push(text);
    return response.status;
  }

  async step(): Promise<unknown> {
    const person = this.#random.pick(this.#people);
    const path = `/v1/sessions/${this.#sessionId}`;
    switch (this.#random.int(0, 12)) {
      case 12:
        return this.#takeIn(this.#random.pick(this.#people.slice(0, 2)), this.#random.pick(this.#secret));
      case 11:
        return this.#removeById(this.#random.pick(this.#secret));
      case 10:
        // The first two stay hidden to the end.
        return this.#random.chance(0.3) ? this.#reveal(this.#people[4]!) : undefined;
      case 0:
        return this.#comeOrGo(person);
      case 1:
        return this.#joinOrLeave(person);
      case 2:
        return this.#ask(person, "GET", path);
      case 3:
        return this.#ask(person, "GET", `${path}/history`);
      case 4:
        return this.#ask(person, "GET", `/v1/nodes/${person.nodeId}/inbox`);
      case 5:
        return this.#ask(person, "POST", `${path}/messages`, {
          payload: { id: `h${++this.#count}` },
          dest_id: this.#name(),
        });
      case 6:
        if (this.#random.chance(0.5)) await evictSessions(this.#sessionId);
        if (this.#random.chance(0.5)) await evictNodes(this.#people.map(({ nodeId }) => nodeId));
        return;
      default:
        return this.#speak(person);
    }
  }

  async #comeOrGo(person: Person): Promise<void> {
    if (person.client !== undefined) {
      await person.client.close(this.#random.chance(0.5) ? 1_000 : 4_999);
      person.client = undefined;
      return;
    }
    const mode = this.#random.chance(0.3) ? "classic" : "v1";
    const clientId = this.#isSecret(person) ? this.#clientId : undefined;
    person.client = await Client.connect(person.nodeId, {
      mode,
      clientId,
      acks: this.#random.chance(0.8) && mode === "v1",
    });
    if (!this.#isSecret(person)) this.#heard.push(person.client);
    if (mode === "classic") await person.client.config({ fetch_inbox_messages: true });
  }

  async #joinOrLeave(person: Person): Promise<void> {
    if (!this.#isSecret(person)) {
      // One who may try to remove by name: a real id of an anonymous member is none.
      const other = this.#random.pick(this.#secret);
      if (this.#random.chance(0.7)) return;
      const path = `/v1/sessions/${this.#sessionId}/members/${other.anonymousId ?? "nobody"}`;
      if ((await this.#ask(person, "DELETE", path)) === 200) Object.assign(other, OUT);
      return;
    }
    const member = `/v1/sessions/${this.#sessionId}/members/${person.nodeId}`;
    if (person.isIn && this.#random.chance(0.4)) {
      await this.#ask(person, "DELETE", member);
      Object.assign(person, OUT);
    } else {
      [, person.anonymousId] = await joined(this.#sessionId, person.nodeId, { is_anonymous: true });
      person.isIn = true;
    }
  }

  /** `by` names another: the owner makes it a member, and knows it then by both names. */
  async #takeIn(by: Person, other: Person): Promise<void> {
    const path = `/v1/sessions/${this.#sessionId}/members/${other.nodeId}`;
    if (by !== this.#people[0]) {
      const status = await this.#ask(by, "PUT", path, { is_anonymous: true });
      if (status !== 403) this.#wrong.push(`another than the owner took one in: ${status}`);
      return;
    }
    const [, name] = await joined(this.#sessionId, other.nodeId, { is_anonymous: true }, by.nodeId);
    const before = other.isTakenIn ? other.anonymousId : null;
    if (other.isIn ? name !== before : !name?.startsWith("anon-")) this.#wrong.push(`taken in: ${name}, not ${before}`);
    if (!other.isIn) Object.assign(other, { isIn: true, isTakenIn: true, anonymousId: name });
  }

  /** The owner tries a real id; that of one that it took in, or that everybody knows, is as good as a name. */
  async #removeById(other: Person): Promise<void> {
    const status = await this.#ask(
      this.#people[0]!,
      "DELETE",
      `/v1/sessions/${this.#sessionId}/members/${other.nodeId}`,
    );
    const expected = other.isIn && (other.isTakenIn || other.isShown) ? 200 : 404;
    if (status !== expected) this.#wrong.push(`removed by its id: ${status}, not ${expected}`);
    if (status === 200) Object.assign(other, OUT);
  }

  async #speak(person: Person): Promise<void> {
    const client = person.client;
    if (client === undefined) return;
    const id = `m${++this.#count}`;
    const dest = this.#random.chance(0.4) ? { dest_id: this.#name() } : {};
    const volatile = this.#random.chance(0.1);
    client.send(say(id, this.#sessionId, { ...dest, volatile }));
    // Whether the answer is awaited is part of the interleaving.
    if (client.welcome === undefined || volatile || this.#random.chance(0.5)) return;
    const isRefused = () => client.seen.some((message) => message.type === -5 && message.id === id);
    const isKnown = () => client.statusOf(id) !== undefined || client.errors.some((error) => error.id === id);
    await client.until(() => isRefused() || isKnown(), `an answer to ${id}`);
  }

  /** Everyone comes once more, so that nothing is left unread. */
  async end(): Promise<void> {
    for (const person of this.#people) {
      if (person.client === undefined) await this.#comeOrGo(person);
    }
    const owner = this.#people[0]!;
    await this.#ask(owner, "GET", `/v1/sessions/${this.#sessionId}`);
    await this.#ask(owner, "DELETE", `/v1/sessions/${this.#sessionId}`);
    for (const { client, isIn } of this.#people.slice(0, 2)) {
      if (isIn) await client!.until(() => client!.seen.some(({ type }) => type === 103), "103");
    }
    for (const { client } of this.#people) await client!.close();
  }

  /** From now on the real id of this one is no secret; up to now it was. */
  async #reveal(person: Person): Promise<void> {
    if (!person.isIn || this.#revealed.has(person)) return;
    this.#look();
    this.#revealed.add(person);
    person.isShown = true;
    await this.#ask(person, "POST", `/v1/sessions/${this.#sessionId}/reveal`);
  }

  #look(): void {
    const hidden = this.#secret.filter((person) => !this.#revealed.has(person));
    const secrets = [...hidden.map(({ nodeId }) => nodeId), ...(this.#revealed.size === 0 ? [this.#clientId] : [])];
    const leaks = this.#texts.filter((text) => secrets.some((secret) => text.includes(secret)));
    this.#leaks.push(...leaks);
  }

  get #texts(): string[] {
    return [...this.#answers, ...this.#heard.flatMap(({ seen }) => seen.map((message) => JSON.stringify(message)))];
  }

  verdict(): { heard: boolean; leaks: string[]; wrong: string[] } {
    this.#look();
    const heard = this.#texts.some((text) => text.includes("anon-"));
    return { heard, leaks: this.#leaks, wrong: this.#wrong };
  }
}

test.each(SEEDS)("seed %d", { timeout: 120_000 }, async (seed) => {
  const life = new Life(seed);
  await life.begin();
  for (let i = 0; i < STEPS; i++) await life.step();
  await life.end();
  expect(life.verdict()).toEqual({ heard: true, leaks: [], wrong: [] });
});
