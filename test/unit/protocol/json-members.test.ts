/** The members of an object, found in its text: taken out, or read, without rewriting the rest. */
import { expect, test } from "vitest";
import { memberText, withoutMembers } from "../../../src/protocol/json-slices.ts";
import { SeededRandom } from "../../support/seeded-random.ts";
import { JsonWriter } from "./json-writer.ts";

const without = (text: string, ...names: string[]) => withoutMembers(text, new Set(names));

test("the first, one in the middle, the last, all, none", () => {
  const text = '{"a":1,"b":2,"c":3}';
  expect(without(text, "a")).toBe('{"b":2,"c":3}');
  expect(without(text, "b")).toBe('{"a":1,"c":3}');
  expect(without(text, "c")).toBe('{"a":1,"b":2}');
  expect(without(text, "a", "c")).toBe('{"b":2}');
  expect(without(text, "a", "b", "c")).toBe("{}");
  expect(without(text, "d", "toString", "__proto__")).toBe(text);
  for (const empty of ["{}", "{ }", " {\t} "]) expect(without(empty, "a")).toBe("{}");
});

test("a name is found however it is spelled, and every time it comes", () => {
  for (const name of ["src_id", "\\u0073rc_id", "\\u0073\\u0072\\u0063\\u005f\\u0069\\u0064", "src\\u005Fid"]) {
    expect(without(`{"${name}":1,"b":2}`, "src_id")).toBe('{"b":2}');
    expect(memberText(`{"b":2,"${name}":1}`, "src_id")).toBe("1");
  }
  expect(without('{"src_id":1,"b":2,"\\u0073rc_id":3,"src_id":4}', "src_id")).toBe('{"b":2}');
  expect(without('{"a\\"b":1,"a\\\\":2,"":3}', 'a"b', "")).toBe('{"a\\\\":2}');
  expect(without('{"a\\\\":2,"\\/":1}', "a\\", "/")).toBe("{}");
});

test("names that only resemble it are others", () => {
  const text = '{"src_id ":1,"Src_id":2,"src_i":3,"src_idx":4,"\\\\u0073rc_id":5," src_id":6}';
  expect(without(text, "src_id")).toBe(text);
  expect(memberText(text, "src_id")).toBeUndefined();
});

test("brackets, commas, colons and quotes in strings and below are no members", () => {
  const value = String.raw`{"x":["}",{"seq":1},"],\"seq\":2"],"seq":{"seq":[]}}`;
  const text = `{"a":"{\\",\\"seq\\":9,","b":${value},"c":"\\\\","d":[[],{}]}`;
  expect(() => JSON.parse(text) as unknown).not.toThrow();
  expect(without(text, "seq")).toBe(text);
  expect(memberText(text, "seq")).toBeUndefined();
  expect(memberText(text, "b")).toBe(value);
  expect(memberText(text, "c")).toBe('"\\\\"');
  expect(without(text, "b", "d")).toBe('{"a":"{\\",\\"seq\\":9,","c":"\\\\"}');
});

test("the text of a value is as it was written, without the space around it", () => {
  const text = '{ "big" : 12345678901234567890 ,"f":1.50\n,\t"o": { "k" : [ ] } , "n":null,"s":" x "}';
  expect(["big", "f", "o", "n", "s", "none"].map((name) => memberText(text, name))).toEqual([
    "12345678901234567890",
    "1.50",
    '{ "k" : [ ] }',
    "null",
    '" x "',
    undefined,
  ]);
  expect(without(text, "f", "n")).toBe('{"big" : 12345678901234567890,"o": { "k" : [ ] },"s":" x "}');
});

test("of several members of one name the last counts, as for JSON.parse", () => {
  const text = '{"a":1,"\\u0061":{"a":2},"b":0,"a":[3],"c":"a"}';
  expect(memberText(text, "a")).toBe("[3]");
  expect((JSON.parse(text) as { a: unknown }).a).toEqual([3]);
});

test("what every object inherits is no member, and __proto__ is one like any other", () => {
  expect(memberText("{}", "toString")).toBeUndefined();
  expect(memberText('{"__proto__":{"a":1},"b":2}', "__proto__")).toBe('{"a":1}');
  expect(memberText('{"__proto__":{"a":1}}', "a")).toBeUndefined();
  expect(without('{"__proto__":{"a":1},"b":2}', "__proto__")).toBe('{"b":2}');
});

/** A name as JSON, some of its characters escaped. */
function spelled(name: string, random: SeededRandom): string {
  const units = Array.from(name, (unit) => {
    if (random.chance(0.3)) return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
    return JSON.stringify(unit).slice(1, -1);
  });
  return `"${units.join("")}"`;
}

/** By name: where a name comes twice, JSON.parse does not say which place it takes. */
function entriesOf(value: unknown): [string, unknown][] {
  return Object.entries(value as object).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** None of a single character: json-writer.ts says why. */
const NAMES = ["src_id", "seq", "", "\\\\", '""', "}{", ",,", "::", "__proto__", "toString", "éé"];

test.each(Array.from({ length: 40 }, (_, seed) => seed))("random objects of seed %d, against JSON.parse", (seed) => {
  const random = new SeededRandom(seed + 5_000);
  const writer = new JsonWriter(random);
  for (let round = 0; round < 25; round++) {
    const members = Array.from({ length: random.int(0, 7) }, () => {
      const name = random.pick(NAMES);
      const value = writer.value(3).text;
      return { name, value, text: `${spelled(name, random)}${writer.space()}:${writer.space()}${value}` };
    });
    const inner = members.map(({ text }) => `${writer.space()}${text}${writer.space()}`).join(",");
    const object = `${writer.space()}{${inner === "" ? writer.space() : inner}}${writer.space()}`;
    const parsed = JSON.parse(object) as Record<string, unknown>;
    const gone = new Set(NAMES.filter(() => random.chance(0.4)));
    const kept = members.filter(({ name }) => !gone.has(name));
    const about = `seed ${seed} round ${round}: ${object} without ${JSON.stringify([...gone])}`;
    const left = withoutMembers(object, gone);
    expect({
      about,
      left,
      values: entriesOf(JSON.parse(left)),
      members: NAMES.map((name) => memberText(object, name)),
    }).toEqual({
      about,
      // What stays is what was written, to the letter.
      left: `{${kept.map(({ text }) => text).join(",")}}`,
      values: entriesOf(parsed).filter(([name]) => !gone.has(name)),
      members: NAMES.map((name) => members.findLast((member) => member.name === name)?.value),
    });
    for (const name of NAMES.filter((candidate) => Object.hasOwn(parsed, candidate))) {
      expect(JSON.parse(memberText(object, name)!)).toEqual(parsed[name]);
    }
  }
});

test("a long object of many members takes linear time", () => {
  const member = String.raw`"k\"\\":"\"\\\"{[,:]}"`;
  const text = `{${Array.from({ length: 40_000 }, () => member).join(",")},"seq":1}`;
  const started = performance.now();
  expect(withoutMembers(text, new Set(["seq"]))).toHaveLength(text.length - ',"seq":1'.length);
  expect(memberText(text, "seq")).toBe("1");
  // A quadratic scan of a megabyte would take minutes.
  expect(performance.now() - started).toBeLessThan(5_000);
});
