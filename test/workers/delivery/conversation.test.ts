/** Objects leave memory between any two steps of a conversation, and nobody sees it. */
import { beforeAll, describe, expect, test } from "vitest";
import { CONVERSATION, type Step } from "./conversation.ts";
import { World } from "./world.ts";

/** Plays the conversation; evicts every object after the steps that `evictAfter` picks. Answers what everyone saw. */
async function play(evictAfter: (step: Step) => boolean): Promise<string[]> {
  const world = new World();
  for (const step of CONVERSATION) {
    await step.run(world);
    if (evictAfter(step)) await world.evict();
  }
  const transcript = world.transcript();
  await world.end();
  return transcript;
}

/** Changes the status in the acks of these ids. */
function withStatus(transcript: readonly string[], ids: readonly string[], status: string): string[] {
  return transcript.map((line) => {
    const [, head, id] = /^(.*ack) (\S+) (?:delivered|stored)$/.exec(line) ?? [];
    return id !== undefined && ids.includes(id) ? `${head} ${id} ${status}` : line;
  });
}

describe("a conversation", { timeout: 120_000 }, () => {
  let undisturbed: string[];
  beforeAll(async () => {
    undisturbed = await play(() => false);
  });

  /**
   * An eviction waits for what is in flight, so an ack that was not sent before comes too late: such messages are
   * stored instead of delivered. That is all that anyone may see.
   */
  function expectSame(transcript: string[], steps: readonly Step[]): void {
    const open = steps.flatMap((step) => step.open ?? []);
    const sent = steps.flatMap((step) => step.sent ?? []).filter((id) => !open.includes(id));
    const expected = withStatus(undisturbed, open, "stored");
    expect(withStatus(transcript, sent, "either")).toEqual(withStatus(expected, sent, "either"));
  }

  test("undisturbed", () => {
    expect(undisturbed.join("\n")).toMatchSnapshot();
  });

  test("with an eviction after every step", async () => {
    expectSame(await play(() => true), CONVERSATION);
  });

  test.concurrent.each(CONVERSATION)("with an eviction after: $name", async (step) => {
    expectSame(await play((candidate) => candidate === step), [step]);
  });
});
