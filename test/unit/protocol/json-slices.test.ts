/** The messages of a frame, found in its text. */
import { expect, test } from "vitest";
import { sliceFrame } from "../../../src/protocol/json-slices.ts";
import { SeededRandom } from "../../support/seeded-random.ts";
import { JsonWriter } from "./json-writer.ts";

test.each(Array.from({ length: 40 }, (_, seed) => seed))("random frames of seed %d", (seed) => {
  const random = new SeededRandom(seed);
  const writer = new JsonWriter(random);
  for (let round = 0; round < 25; round++) {
    const elements = Array.from({ length: random.int(0, 6) }, () => writer.value(6));
    const inner = elements.map(({ text }) => `${writer.space()}${text}${writer.space()}`).join(",");
    const frame = `${writer.space()}[${inner === "" ? writer.space() : inner}]${writer.space()}`;
    const slices = sliceFrame(frame);
    // Nothing but whitespace between tokens may be touched.
    const blank = (text: string) => text.replace(/\s+/g, "");
    const about = `seed ${seed} round ${round}: ${frame}`;
    expect({
      about,
      values: slices.map((slice) => JSON.parse(slice.text) as unknown),
      texts: slices.map((slice) => blank(slice.text)),
      depths: slices.map((slice) => slice.depth),
      notOneLine: slices.filter(({ text }) => /[\r\n]/.test(text) || text !== text.trim()),
    }).toEqual({
      about,
      values: JSON.parse(frame) as unknown,
      texts: elements.map(({ text }) => blank(text)),
      depths: elements.map((element) => element.depth),
      notOneLine: [],
    });
  }
});

test.each(Array.from({ length: 20 }, (_, seed) => seed))("a frame that is one object, seed %d", (seed) => {
  const random = new SeededRandom(seed + 1_000);
  const writer = new JsonWriter(random);
  for (let round = 0; round < 25; round++) {
    const { text, depth } = writer.value(5);
    const object = `{${writer.space()}"k"${writer.space()}:${text}}`;
    const slices = sliceFrame(`${writer.space()}${object}${writer.space()}`);
    const about = `seed ${seed} round ${round}: ${object}`;
    expect({
      about,
      values: slices.map((slice) => JSON.parse(slice.text) as unknown),
      depths: slices.map((slice) => slice.depth),
    }).toEqual({ about, values: [JSON.parse(object)], depths: [depth + 1] });
    expect(slices[0]!.text).not.toMatch(/[\r\n]/);
  }
});

test("strings that end in backslashes", () => {
  expect(sliceFrame(String.raw`["\\","\\\"",{"a\\":"\\\\\","},"]"]`)).toEqual([
    { text: String.raw`"\\"`, depth: 0 },
    { text: String.raw`"\\\""`, depth: 0 },
    { text: String.raw`{"a\\":"\\\\\","}`, depth: 1 },
    { text: '"]"', depth: 0 },
  ]);
});

test("each message has its own depth, and the array of the frame is no part of it", () => {
  expect(sliceFrame('[[[[]]],{"a":{}},7,{},[]]').map(({ depth }) => depth)).toEqual([3, 2, 0, 1, 1]);
  expect(sliceFrame('{"a":[{}]}')).toEqual([{ text: '{"a":[{}]}', depth: 3 }]);
  expect(sliceFrame(" [ ] ")).toEqual([]);
  expect(sliceFrame("[[]]")).toEqual([{ text: "[]", depth: 1 }]);
});

test("a string full of escaped quotes and backslashes takes linear time", () => {
  const string = `"${String.raw`\"`.repeat(250_000)}${String.raw`\\`.repeat(250_000)}"`;
  const frame = `[${string},{"a":${string}}]`;
  const started = performance.now();
  expect(sliceFrame(frame)).toEqual([
    { text: string, depth: 0 },
    { text: `{"a":${string}}`, depth: 1 },
  ]);
  // A quadratic scan of a megabyte would take minutes.
  expect(performance.now() - started).toBeLessThan(5_000);
});
