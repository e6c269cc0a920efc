import { expect, test } from "vitest";
import { Deque } from "../../../src/domain/deque.ts";
import { SeededRandom } from "../../support/seeded-random.ts";

test("an empty one has nothing", () => {
  const deque = new Deque<number>();
  expect([deque.size, deque.peek(), deque.last(), deque.shift(), deque.drain(), [...deque]]).toEqual([
    0,
    undefined,
    undefined,
    undefined,
    [],
    [],
  ]);
});

test("one that was emptied by shifts has no last item", () => {
  const deque = new Deque<number>();
  deque.push(1);
  deque.shift();
  expect(deque.last()).toBeUndefined();
  expect(deque.peek()).toBeUndefined();
});

/** The first step at which a deque and an array under the same random calls differ. */
function firstDifference(random: SeededRandom, steps: number): string | undefined {
  const deque = new Deque<number>();
  let model: number[] = [];
  const push = (item: number) => {
    model.push(item);
    deque.push(item);
  };
  for (let step = 0; step < steps; step++) {
    const action = random.next();
    const pairs: [unknown, unknown][] = [];
    if (action < 0.48) push(step);
    else if (action < 0.97) {
      // Long runs of shifts, so that what was shifted is released too.
      for (let i = random.int(1, 40); i > 0; i--) pairs.push([deque.shift(), model.shift()]);
      for (let i = random.int(0, 40); i > 0; i--) push(i);
    } else if (action < 0.995) {
      const front = Array.from({ length: random.int(0, 5) }, (_, i) => -i);
      deque.unshift(front);
      model = [...front, ...model];
    } else {
      pairs.push([deque.drain().join(), model.join()]);
      model = [];
    }
    pairs.push([deque.size, model.length], [deque.peek(), model[0]], [deque.last(), model.at(-1)]);
    if (step % 50 === 0) pairs.push([[...deque].join(), model.join()]);
    if (pairs.some(([ours, theirs]) => ours !== theirs)) return `step ${step}: ${JSON.stringify(pairs)}`;
  }
  return undefined;
}

test.each(Array.from({ length: 30 }, (_, seed) => seed))("behaves as an array does, seed %d", (seed) => {
  expect(firstDifference(new SeededRandom(seed), 2_000)).toBeUndefined();
});
