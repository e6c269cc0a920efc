import { expect, test } from "vitest";
import { fitsUtf8, utf8Length } from "../../../src/protocol/utf8.ts";
import { SeededRandom } from "../../support/seeded-random.ts";

const UNITS = [0x00, 0x41, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000, 0xfffd, 0xffff];

test("every pair of boundary units, lone and paired surrogates among them", () => {
  for (const a of UNITS) {
    for (const b of UNITS) {
      const text = String.fromCharCode(a, b);
      expect([`${a.toString(16)} ${b.toString(16)}`, utf8Length(text)]).toEqual([
        `${a.toString(16)} ${b.toString(16)}`,
        Buffer.byteLength(text),
      ]);
    }
  }
});

test.each(Array.from({ length: 20 }, (_, seed) => seed))("random strings of seed %d", (seed) => {
  const random = new SeededRandom(seed);
  for (let round = 0; round < 50; round++) {
    const units = Array.from({ length: random.int(0, 40) }, () =>
      random.chance(0.5) ? random.pick(UNITS) : random.int(0, 0xffff),
    );
    const text = String.fromCharCode(...units);
    const bytes = Buffer.byteLength(text);
    const about = `seed ${seed} round ${round}: ${JSON.stringify(text)}`;
    expect([about, utf8Length(text)]).toEqual([about, bytes]);
    for (const max of [bytes - 1, bytes, bytes + 1, text.length, text.length * 3]) {
      expect([`${about} in ${max}`, fitsUtf8(text, max)]).toEqual([`${about} in ${max}`, bytes <= max]);
    }
  }
});

test("the empty string has no bytes and fits everywhere", () => {
  expect(utf8Length("")).toBe(0);
  expect(fitsUtf8("", 0)).toBe(true);
});
