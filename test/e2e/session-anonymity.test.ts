/**
 * Under random traffic, nobody receives a byte of who an anonymous member really is, but for one who revealed itself.
 * SEED=n repeats the choices of a run; what the machine does in between is its own.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Edge, startEdge } from "../support/edge.ts";
import { SeededRandom } from "../support/seeded-random.ts";
import { Person } from "../support/session-person.ts";
import { SessionStorm } from "../support/session-storm.ts";
import { type Secret, Witness } from "../support/session-witness.ts";

const STEPS = 1_200;

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
}, 90_000);
afterAll(() => edge.close());

test("no frame and no HTTP answer names an anonymous member to anybody else", { timeout: 180_000 }, async () => {
  const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 32));
  console.log(`SEED=${seed}`);
  const random = new SeededRandom(seed);
  const witness = new Witness();
  const person = (name: string, mode: "v1" | "classic", acks?: number): Person =>
    new Person(edge, witness, name, { mode, ...(acks !== undefined && { acks }) });

  // Slow acks send what they get through the inbox first.
  const known = { owner: person("owner", "v1"), kim: person("kim", "v1", 1_500), kay: person("kay", "classic") };
  const anonymous = {
    ann: person("ann", "v1"),
    abe: person("abe", "v1", 1_500),
    amy: person("amy", "classic"),
    ada: person("ada", "v1"),
    art: person("art", "v1"),
  };
  // The owner takes this one in, by its id: it is answered the pair, and nobody else.
  const taken = person("tom", "v1");
  const outsider = person("outsider", "v1");
  const people = [...Object.values(known), ...Object.values(anonymous), taken];
  const { owner, kim, kay } = known;
  const { ann, abe, amy, ada, art } = anonymous;
  await Promise.all([...people, outsider].map((one) => one.come()));

  const create = async (by: Person, options: object): Promise<string> => {
    const answer = await by.call<{ session_id: string }>("POST", "/v1/sessions", { anyone_can_join: true, ...options });
    expect(answer.status).toBe(201);
    return answer.body.session_id;
  };
  const enter = async (sessionId: string, who: Person[], isAnonymous: boolean): Promise<void> => {
    for (const one of who) expect((await one.join(sessionId, isAnonymous)).status).toBe(200);
  };
  const talk = await create(owner, { presence: true, history_messages: 100 });
  await enter(talk, [kim, kay], false);
  await enter(talk, Object.values(anonymous), true);
  const taking = await owner.call("PUT", `/v1/sessions/${talk}/members/${taken.nodeId}`, { is_anonymous: true });
  expect(taking).toEqual({ status: 200, body: [taken.nodeId, expect.stringMatching(/^anon-/)] });
  const ofAnn = await create(ann, { is_anonymous: true, history_minutes: 5, presence: true });
  await enter(ofAnn, [owner, kay], false);
  await enter(ofAnn, [abe, art], true);
  const game = await create(abe, { is_anonymous: true, session_type: 1, presence: true });
  await enter(game, [kim], false);
  await enter(game, [ann, ada, amy], true);
  // The same node is known in another session.
  const open = await create(outsider, { presence: true });
  await enter(open, [ann], false);

  await converse(ann, abe, talk);
  expect(people.filter((one) => one.receipts.some(({ payload }) => isWhispered(payload))).length).toBe(2);

  const storm = new SessionStorm({
    random,
    people: [...people, outsider],
    sessions: [talk, ofAnn, game, open],
    game,
    comers: [
      { who: art, sessionId: talk, isAnonymous: true },
      { who: abe, sessionId: game, isAnonymous: true },
      { who: kim, sessionId: talk, isAnonymous: false },
      { who: art, sessionId: ofAnn, isAnonymous: true },
    ],
    owner: { who: owner, sessionId: talk },
  });
  await storm.blow(STEPS / 3);
  await edge.restart();
  await storm.blow(STEPS / 3);
  const revealedAt = witness.now;
  expect((await ada.call("POST", `/v1/sessions/${talk}/reveal`)).status).toBe(200);
  await storm.blow(STEPS / 3);
  await storm.calm();

  const secrets: Secret[] = Object.values(anonymous).map((one) => ({
    owner: one.nodeId,
    words: [one.nodeId, one.clientId],
    ...(one === ann && { shared: [outsider.nodeId] }),
    ...(one === ada && { until: revealedAt, stillIn: game }),
  }));
  expect(secrets.flatMap((secret) => witness.leaks(secret))).toEqual([]);
  const sightings = witness.leaks({ owner: taken.nodeId, words: [taken.nodeId, taken.clientId] });
  expect(sightings).toEqual([expect.stringMatching(new RegExp(`^${owner.nodeId} in PUT /v1/sessions/`))]);

  // There was something to be seen: everyone was heard, under the name that it has, and much went wrong.
  console.log(`${storm.done} steps, ${witness.bytes} characters received, ${storm.summary()}`);
  // Those whose name did not change.
  for (const one of [ann, abe, amy, taken]) expect(await heardAs(one, talk, people)).toBeGreaterThan(0);
  // How much came twice is the crash's to say: none is as good.
  console.log(`${people.reduce((sum, one) => sum + one.repeats, 0)} messages came twice`);
  expect(witness.leaks({ owner: ada.nodeId, words: [ada.nodeId] }).length).toBeGreaterThan(0);
  // The scan sees: those who are known are found, in frames and in answers; and each node finds itself.
  const found = witness.leaks({ owner: kim.nodeId, words: [kim.nodeId] });
  expect(found.some((leak) => leak.includes(" in frame: "))).toBe(true);
  expect(found.some((leak) => leak.includes(" in GET /v1/sessions/"))).toBe(true);
  for (const { owner: whose, words } of secrets) {
    expect(witness.leaks({ owner: "nobody", words }).some((leak) => leak.startsWith(whose))).toBe(true);
  }
});

/** Two anonymous members talk to each other, by the names that they were shown. */
async function converse(one: Person, other: Person, sessionId: string): Promise<void> {
  const nameOf = async (who: Person): Promise<string> => (await who.look(sessionId))!.me!.anonymous_id!;
  const pairs: [Person, Person][] = [
    [one, other],
    [other, one],
  ];
  for (const [from, to] of pairs) {
    const [src, dest] = [await nameOf(from), await nameOf(to)];
    from.send({ dest_session_id: sessionId, dest_id: dest, payload: `whispered by ${src}` });
    const said = `whispered by ${src}`;
    await to.client!.until(
      () => to.receipts.some((message) => message.payload === said && message.src_id === src),
      5_000,
      "the other's words",
    );
  }
}

function isWhispered(payload: unknown): boolean {
  return typeof payload === "string" && payload.startsWith("whispered");
}

/** How many messages of a member the others received under the name that it has now. */
async function heardAs(who: Person, sessionId: string, people: readonly Person[]): Promise<number> {
  const name = (await who.look(sessionId))?.me?.anonymous_id;
  return people.flatMap(({ receipts }) => receipts).filter(({ src_id }) => src_id === name).length;
}

test("whoever tries real ids is answered as for ids that nobody has", async () => {
  const witness = new Witness();
  const owner = new Person(edge, witness, "guesser", { mode: "v1" });
  const hidden = new Person(edge, witness, "hidden", { mode: "v1" });
  const stranger = new Person(edge, witness, "stranger", { mode: "v1" });
  await Promise.all([owner.come(), hidden.come()]);
  const { body } = await owner.call<{ session_id: string }>("POST", "/v1/sessions", { anyone_can_join: true });
  const path = `/v1/sessions/${body.session_id}`;
  expect((await hidden.join(body.session_id, true)).status).toBe(200);

  const tries = async (nodeId: string): Promise<unknown[]> => [
    await owner.call("DELETE", `${path}/members/${nodeId}`),
    await owner.call("POST", `${path}/messages`, { payload: "are you there?", dest_id: nodeId }),
    await owner.call("GET", `/v1/nodes/${nodeId}`),
  ];
  const answers = await tries(hidden.nodeId);
  expect(answers).toEqual(await tries(stranger.nodeId));
  expect(answers).toMatchObject([{ status: 404 }, { status: 403 }, { status: 403 }]);
  expect(await owner.look(body.session_id)).toMatchObject({
    members: [{ node_id: owner.nodeId }, { anonymous: true }],
  });
  await Promise.all([owner.go(true), hidden.go(true)]);
});
