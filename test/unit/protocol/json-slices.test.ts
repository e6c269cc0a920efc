/** The messages of a frame, found in its text. */
import { expect, test } from "vitest";
import { sliceFrame } from "../../../src/protocol/json-slices.ts";
import { SeededRandom } from "../../support/seeded-random.ts";

/** Writes random JSON the way no serializer would: any whitespace, any escape, odd numbers. */
class JsonWriter {
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** The text of a value and how deep it nests. */
  value(budget: number): { text: string; depth: number } {
    if (budget === 0 || this.#random.chance(0.3)) return { text: this.#scalar(), depth: 0 };
    const isArray = this.#random.chance(0.5);
    const members = Array.from({ length: this.#random.int(0, 4) }, () => {
      const { text, depth } = this.value(budget - 1);
      const member = isArray ? text : `${this.#string()}${this.space()}:${this.space()}${text}`;
      return { text: `${this.space()}${member}${this.space()}`, depth };
    });
    const inner = members.length === 0 ? this.space() : members.map(({ text }) => text).join(",");
    const depth = 1 + Math.max(0, ...members.map((member) => member.depth));
    return { text: isArray ? `[${inner}]` : `{${inner}}`, depth };
  }

  space(): string {
    return Array.from({ length: Math.max(0, this.#random.int(-2, 3)) }, () =>
      this.#random.pick([" ", "\t", "\n", "\r"]),
    ).join("");
  }

  #scalar(): string {
    return this.#random.chance(0.6)
      ? this.#string()
      : this.#random.pick(["0", "-1.5e+3", "12345678901234567890", "true", "false", "null"]);
  }

  #string(): string {
    const parts = [
      "a",
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '\\"',
      "\\\\",
      "\\/",
      "\\n",
      "\\u0022",
      "\\u005C",
      "\\ud83d\\ude00",
      "é",
      "😀",
      "\u2028",
    ];
    return `"${Array.from({ length: this.#random.int(0, 8) }, () => this.#random.pick(parts)).join("")}"`;
  }
}

test.each(Array.from({ length: 40 }, (_, seed) => seed))("random frames of seed %d", (seed) => {
  const random = new SeededRandom(seed);
  const writer = new JsonWriter(random);
  for (let round = 0; round < 25; round++) {
    const elements = Array.from({ length: random.int(0, 6) }, () => writer.value(6));
    const inner = elements.map(({ text }) => `${writer.space()}${text}${writer.space()}`).join(",");
    const frame = `${writer.space()}[${inner === "" ? writer.space() : inner}]${writer.space()}`;
    const { messages, depth } = sliceFrame(frame);
    // Nothing but whitespace between tokens may be touched.
    const blank = (text: string) => text.replace(/\s+/g, "");
    const about = `seed ${seed} round ${round}: ${frame}`;
    expect({
      about,
      values: messages.map((message) => JSON.parse(message) as unknown),
      texts: messages.map(blank),
      depth,
      notOneLine: messages.filter((message) => /[\r\n]/.test(message) || message !== message.trim()),
    }).toEqual({
      about,
      values: JSON.parse(frame) as unknown,
      texts: elements.map(({ text }) => blank(text)),
      depth: Math.max(0, ...elements.map((element) => element.depth)),
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
    const sliced = sliceFrame(`${writer.space()}${object}${writer.space()}`);
    const about = `seed ${seed} round ${round}: ${object}`;
    expect({
      about,
      values: sliced.messages.map((message) => JSON.parse(message) as unknown),
      depth: sliced.depth,
    }).toEqual({ about, values: [JSON.parse(object)], depth: depth + 1 });
    expect(sliced.messages[0]).not.toMatch(/[\r\n]/);
  }
});

test("strings that end in backslashes", () => {
  expect(sliceFrame(String.raw`["\\","\\\"",{"a\\":"\\\\\","},"]"]`)).toEqual({
    messages: [String.raw`"\\"`, String.raw`"\\\""`, String.raw`{"a\\":"\\\\\","}`, '"]"'],
    depth: 1,
  });
});

test("a string full of escaped quotes and backslashes takes linear time", () => {
  const string = `"${String.raw`\"`.repeat(250_000)}${String.raw`\\`.repeat(250_000)}"`;
  const frame = `[${string},{"a":${string}}]`;
  const started = performance.now();
  expect(sliceFrame(frame)).toEqual({ messages: [string, `{"a":${string}}`], depth: 1 });
  // A quadratic scan of a megabyte would take minutes.
  expect(performance.now() - started).toBeLessThan(5_000);
});
