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

/** An eviction waits for what is in flight, so that an ack may come too late: what was delivered then is stored. */
function withStatus(transcript: readonly string[], ids: readonly string[]): string[] {
  return transcript.map((line) => {
    const [, head, id] = /^(.*ack) (\S+) (?:delivered|stored)$/.exec(line) ?? [];
    return id !== undefined && ids.includes(id) ? `${head} ${id} either` : line;
  });
}

describe("a conversation", { timeout: 120_000 }, () => {
  let undisturbed: string[];
  beforeAll(async () => {
    undisturbed = await play(() => false);
  });

  test("undisturbed", () => {
    expect(undisturbed.join("\n")).toMatchSnapshot();
  });

  test("with an eviction after every step", async () => {
    const ids = CONVERSATION.flatMap((step) => [...(step.open ?? []), ...(step.sent ?? [])]);
    expect(withStatus(await play(() => true), ids)).toEqual(withStatus(undisturbed, ids));
  });

  test.concurrent.each(CONVERSATION)("with an eviction after: $name", async (step) => {
    const ids = [...(step.open ?? []), ...(step.sent ?? [])];
    expect(withStatus(await play((candidate) => candidate === step), ids)).toEqual(withStatus(undisturbed, ids));
  });
});
