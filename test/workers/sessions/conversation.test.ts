/** Objects leave memory between any two steps of a session's conversation, and nobody sees it. */
import { beforeAll, describe, expect, test } from "vitest";
import { CONVERSATION, type Step } from "./conversation.ts";
import { SessionWorld } from "./world.ts";

/** Plays the conversation; evicts every object after the steps that `evictAfter` picks. Answers what everyone saw. */
async function play(evictAfter: (step: Step) => boolean): Promise<string[]> {
  const world = new SessionWorld();
  for (const step of CONVERSATION) {
    await step.run(world);
    if (evictAfter(step)) await world.evict();
  }
  const transcript = world.transcript();
  await world.end();
  return transcript;
}

/** What was said by the end of the step, and whose sender has yet to hear what became of it. */
function unsettledAfter(step: Step): string[] {
  const soFar = CONVERSATION.slice(0, CONVERSATION.indexOf(step) + 1);
  const told = new Set(soFar.flatMap(({ tells }) => tells ?? []));
  return soFar.flatMap(({ says }) => (says !== undefined && !told.has(says) ? [says] : []));
}

/** An eviction waits for what is in flight, so that an ack may come too late: what was delivered then is stored. */
function withStatus(transcript: readonly string[], ids: readonly string[]): string[] {
  return transcript.map((line) => {
    const [, head, id] = /^(.*ack) (\S+) (?:delivered|stored)$/.exec(line) ?? [];
    return id !== undefined && ids.includes(id) ? `${head} ${id} either` : line;
  });
}

const EVERY = 10;

describe("a conversation", { timeout: 120_000 }, () => {
  let undisturbed: string[];
  beforeAll(async () => {
    undisturbed = await play(() => false);
  });

  async function expectSame(steps: readonly Step[]): Promise<void> {
    const ids = steps.flatMap(unsettledAfter);
    expect(withStatus(await play((step) => steps.includes(step)), ids)).toEqual(withStatus(undisturbed, ids));
  }

  test("undisturbed", () => {
    expect(undisturbed.join("\n")).toMatchSnapshot();
  });

  test("with an eviction after every step", () => expectSame(CONVERSATION));

  // Whoever stays in memory for a while sees other things than who just came back.
  test.concurrent.each(Array.from({ length: EVERY }, (_, i) => i))(
    `with an eviction after every ${EVERY}th step, from step %d on`,
    (from) => expectSame(CONVERSATION.filter((_step, i) => i % EVERY === from)),
  );
});
