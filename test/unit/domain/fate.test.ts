import { expect, test, vi } from "vitest";
import { answerOf, Fate } from "../../../src/domain/fate.ts";
import type { LaneStatus } from "../../../src/domain/lane.ts";

function fates(...statuses: (LaneStatus | undefined)[]): Fate[] {
  return statuses.map((status) => {
    const fate = new Fate();
    if (status !== undefined) fate.settle(status);
    return fate;
  });
}

test("only the first status counts, and everyone who asked is told once", () => {
  const fate = new Fate();
  const early = vi.fn<(status: LaneStatus) => void>();
  const other = vi.fn<(status: LaneStatus) => void>();
  fate.onSettled(early);
  fate.onSettled(other);
  expect(early).not.toHaveBeenCalled();
  fate.settle("stored");
  fate.settle("delivered");
  expect(fate.status).toBe("stored");
  expect(early.mock.calls).toEqual([["stored"]]);
  expect(other.mock.calls).toEqual([["stored"]]);
});

test("who asks late is told at once", () => {
  const late = vi.fn<(status: LaneStatus) => void>();
  fates("INBOX_FULL")[0]!.onSettled(late);
  expect(late.mock.calls).toEqual([["INBOX_FULL"]]);
});

test("a batch that is settled already is answered at once", () => {
  expect(answerOf(fates("stored", "stored"))).toEqual({ statuses: "stored" });
  expect(answerOf(fates("stored", "EXPIRED"))).toEqual({ statuses: ["stored", "EXPIRED"] });
  expect(answerOf([])).toEqual({ statuses: "delivered" });
});

test("a batch is answered when the last of its messages is settled, in the order of the batch", async () => {
  const [a, b, c] = fates(undefined, "stored", undefined) as [Fate, Fate, Fate];
  const answer = answerOf([a, b, c]) as Promise<unknown>;
  const done = vi.fn<(answer: unknown) => void>();
  void answer.then(done);
  c.settle("delivered");
  await Promise.resolve();
  expect(done).not.toHaveBeenCalled();
  a.settle("dropped");
  expect(await answer).toEqual({ statuses: ["dropped", "stored", "delivered"] });
});

test("a message that stands twice in a batch is answered twice", async () => {
  const [fate] = fates(undefined) as [Fate];
  const other = new Fate();
  const answer = answerOf([fate, other, fate]);
  fate.settle("stored");
  other.settle("delivered");
  expect(await answer).toEqual({ statuses: ["stored", "delivered", "stored"] });
});

test("two batches may wait for one message", async () => {
  const [fate] = fates(undefined) as [Fate];
  const answers = [answerOf([fate]), answerOf([fate])];
  fate.settle("stored");
  expect(await Promise.all(answers.map((answer) => Promise.resolve(answer)))).toEqual([
    { statuses: "stored" },
    { statuses: "stored" },
  ]);
});
