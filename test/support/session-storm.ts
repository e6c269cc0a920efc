/** Random doings of many people in several sessions: talk, whispers, mistakes, repeats, comings and goings, looks at everything. */
import type { SeededRandom } from "./seeded-random.ts";
import type { Person } from "./session-person.ts";

export interface StormOptions {
  random: SeededRandom;
  people: readonly Person[];
  sessions: readonly string[];
  game: string;
  /** Who leaves a session and comes again. */
  comers: readonly { who: Person; sessionId: string; isAnonymous: boolean }[];
  /** Who may remove others, and where. */
  owner: { who: Person; sessionId: string };
}

type Deed = (who: Person, sessionId: string) => unknown;

const NOBODY = "nobody-by-this-name";

export class SessionStorm {
  done = 0;
  readonly #options: StormOptions;
  readonly #counts = new Map<string, number>();

  constructor(options: StormOptions) {
    this.#options = options;
  }

  /** What was done, and how often. */
  summary(): string {
    return [...this.#counts].map(([name, count]) => `${name} ${count}`).join(", ");
  }

  /** So many deeds, one started after the other; some are awaited, others overlap. */
  async blow(steps: number): Promise<void> {
    const { random, people, sessions } = this.#options;
    const deeds = Object.entries(this.#deeds());
    const underWay = new Set<Promise<unknown>>();
    for (let step = 0; step < steps; step += 1) {
      const [name, deed] = random.pick(deeds);
      this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
      this.done++;
      const doing = Promise.resolve(deed(random.pick(people), random.pick(sessions)));
      underWay.add(doing);
      void doing.finally(() => underWay.delete(doing)).catch(() => {});
      if (underWay.size >= 4 || random.chance(0.3)) await Promise.all(underWay);
    }
    await Promise.all(underWay);
  }

  /** Everyone comes, and hears the last word of each session that it is in. */
  async calm(): Promise<void> {
    const { people, sessions } = this.#options;
    await Promise.all(people.map((one) => this.#inTurn(one, () => one.come())));
    for (const sessionId of sessions) {
      const views = await Promise.all(people.map((one) => one.look(sessionId)));
      const members = people.filter((_, i) => views[i] !== undefined);
      const game = sessionId === this.#options.game;
      const speaker = members.find((_one, i) => !game || this.#isMaster(views.filter(Boolean)[i]!));
      if (speaker === undefined) continue;
      const word = `the last word in ${sessionId}`;
      const { status } = await speaker.call("POST", `/v1/sessions/${sessionId}/messages`, { payload: word });
      if (status !== 200) throw new Error(`the last word was refused: ${status}`);
      const others = members.filter((one) => one !== speaker);
      await Promise.all(
        others.map((one) =>
          one.client!.until(
            () => one.receipts.some(({ payload }) => payload === word),
            20_000,
            `${one.nodeId}: ${word}`,
          ),
        ),
      );
    }
  }

  #isMaster({
    me,
    master_id: master,
  }: {
    me: { node_id: string; anonymous_id: string | null } | null;
    master_id: string | null;
  }): boolean {
    return master !== null && (me?.anonymous_id === master || me?.node_id === master);
  }

  /** Deeds of one person that must not overlap: its connecting and its going. */
  readonly #turns = new Map<Person, Promise<unknown>>();

  #inTurn(who: Person, deed: () => Promise<unknown>): Promise<unknown> {
    const turn = (this.#turns.get(who) ?? Promise.resolve()).then(deed);
    this.#turns.set(who, turn);
    return turn;
  }

  #deeds(): Record<string, Deed> {
    const { random, comers, owner, game } = this.#options;
    const text = (): string => `word ${random.int(0, 1e9)}`;
    const nameIn = (who: Person, sessionId: string): string =>
      random.pick([...(who.names.get(sessionId) ?? []), NOBODY]);
    const say: Deed = (who, sessionId) =>
      who.send({
        dest_session_id: sessionId,
        type: random.int(0, 3),
        payload: text(),
        ...(random.chance(0.1) && { volatile: true }),
        ...(random.chance(0.1) && { ttl_ms: 1 }),
        ...(random.chance(0.1) && { collapse_key: "score" }),
        ...(random.chance(0.1) && { src_id: NOBODY, src_client_id: NOBODY, session_seq: 1 }),
      });
    return {
      say,
      "say more": say,
      whisper: (who, sessionId) =>
        who.send({ dest_session_id: sessionId, dest_id: nameIn(who, sessionId), payload: text() }),
      "whisper by HTTP": (who, sessionId) =>
        who.call("POST", `/v1/sessions/${sessionId}/messages`, { payload: text(), dest_id: nameIn(who, sessionId) }),
      "say by HTTP": (who, sessionId) => who.call("POST", `/v1/sessions/${sessionId}/messages`, { payload: text() }),
      repeat: (who) => who.repeat(),
      mistake: (who, sessionId) =>
        who.send(
          random.pick<Record<string, unknown>>([
            { dest_session_id: "no-such-session", payload: text() },
            { dest_session_id: sessionId, type: 100, payload: { node_id: 5 } },
            { dest_session_id: sessionId, type: 103, payload: { node_id: NOBODY } },
            { dest_session_id: sessionId, type: 7, ttl_ms: "soon" },
            { dest_session_id: sessionId, fencing_number: 999, payload: text() },
            { type: 1, payload: text() },
            { type: -99, payload: text() },
            { dest_id: NOBODY, payload: text() },
          ]),
        ),
      look: (who, sessionId) => who.look(sessionId),
      "look around": async (who, sessionId) => {
        await who.look(sessionId);
        await who.call("GET", `/v1/sessions/${sessionId}/history?order=${random.pick(["asc", "desc"])}&limit=100`);
        await who.call("GET", `/v1/nodes/${who.nodeId}`);
        await who.call("GET", `/v1/nodes/${who.nodeId}/inbox`);
        await who.call("GET", `/v1/nodes/${encodeURIComponent(nameIn(who, sessionId))}/inbox`);
        await who.call("GET", `/get_session_info?session_id=${sessionId}`);
      },
      "fetch inbox": (who) => who.send({ type: -101, payload: { fetch_inbox_messages: true } }),
      "go and come": (who) =>
        this.#inTurn(who, async () => {
          await who.go(random.chance(0.5));
          if (random.chance(0.5)) await who.come(random.chance(0.7));
        }),
      come: (who) => this.#inTurn(who, () => who.come(random.chance(0.7))),
      leave: () => {
        const { who, sessionId } = random.pick(comers);
        return random.chance(0.5) ? who.leave(sessionId) : who.send({ type: 103, dest_session_id: sessionId });
      },
      join: () => {
        const { who, sessionId, isAnonymous } = random.pick(comers);
        if (random.chance(0.5)) return who.join(sessionId, isAnonymous);
        return who.send({ type: 100, dest_session_id: sessionId, payload: { is_anonymous: isAnonymous } });
      },
      remove: async () => {
        // Only those who come again, by the name that is shown.
        const { who, sessionId } = comers[0]!;
        const name = (await who.look(sessionId))?.me?.anonymous_id;
        if (sessionId === owner.sessionId && name) {
          await owner.who.call("DELETE", `/v1/sessions/${sessionId}/members/${name}`);
        }
      },
      "play on": async (who) => {
        const view = await who.look(game);
        if (view === undefined) return;
        await who.call("GET", `/v1/sessions/${game}/state`);
        await who.call("PUT", `/v1/sessions/${game}/state`, {
          fencing_number: view.fencing_number - random.int(0, 1),
          state: { said: text() },
        });
      },
    };
  }
}
