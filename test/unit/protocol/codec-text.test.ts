/** The text that travels on: the sender's own, without what only the edge may say. */
import { expect, test } from "vitest";
import { decodeFrame } from "../../../src/protocol/codec.ts";

function textOf(frame: string, mode: "v1" | "classic" = "v1"): string {
  const [message] = decodeFrame(frame, mode);
  if (message?.kind !== "send") throw new Error(`${frame} gave ${JSON.stringify(message)}`);
  return message.text;
}

const FORGED = ["src_id", "src_client_id", "timestamp", "seq", "session_seq"];

test.each(FORGED)("%s of a sender is taken out, whatever it holds", (field) => {
  for (const value of ['"victim"', "5", "null", "{}", "[1]", "false"]) {
    expect(textOf(`{"dest_id":"b","${field}":${value},"payload":1}`)).toBe('{"dest_id":"b","payload":1}');
    expect(textOf(`[{"${field}":${value},"dest_id":"b","payload":1}]`)).toBe('{"dest_id":"b","payload":1}');
    expect(textOf(`{"dest_id":"b","${field}":${value}}`, "classic")).toBe('{"dest_id":"b"}');
  }
});

test("forged fields are found behind escapes and doubled keys, and all at once", () => {
  const all = FORGED.map((field) => `"${field}":1`).join();
  expect(textOf(`{${all},"dest_id":"b"}`)).toBe('{"dest_id":"b"}');
  expect(textOf('{"\\u0073rc_id":"victim","dest_id":"b"}')).toBe('{"dest_id":"b"}');
  expect(textOf('{"src_id":"a","dest_id":"b","src_id":"victim"}')).toBe('{"dest_id":"b"}');
});

test("the same names deeper inside are the sender's own", () => {
  const text = '{"dest_id":"b","payload":{"src_id":"x","timestamp":1,"seq":2}}';
  expect(textOf(text)).toBe(text);
});

test("fields of the sender's own pass untouched: big integers, spelling, order, spaces", () => {
  const text = '{"z":1.50, "dest_id":"b","big":12345678901234567890,"e":1e2,"u":"\\u00e9\\/","a":{"k":[ ]}}';
  expect(textOf(text)).toBe(text);
  expect(textOf(` ${text}\n`)).toBe(text);
});

test("what stands beside a forged field passes as it was written: big integers, spelling, order", () => {
  const own = '"z":1.50,"big":12345678901234567890,"e":1e2,"u":"\\u00e9\\/","a":{"k":[ ]}';
  for (const field of FORGED) {
    expect(textOf(`{"${field}":98765432109876543210,"dest_id":"b",${own}}`)).toBe(`{"dest_id":"b",${own}}`);
    expect(textOf(`[{"dest_id":"b","${field}":{"a":[1]},${own}}]`)).toBe(`{"dest_id":"b",${own}}`);
    expect(textOf(`{"dest_id":"b",${own},"${field}":","}`, "classic")).toBe(`{"dest_id":"b",${own}}`);
  }
});

test("line breaks between tokens become spaces, those in strings stay as they are", () => {
  expect(textOf('{\r\n"dest_id":"b",\n\n"payload":"a\\nb"\n}')).toBe('{ "dest_id":"b", "payload":"a\\nb" }');
});

test("__proto__ and constructor are plain data, and change nothing", () => {
  const text = '{"dest_id":"b","__proto__":{"volatile":true,"ttl_ms":5},"constructor":{"prototype":{"type":9}}}';
  const [message] = decodeFrame(text, "v1");
  expect(message).toMatchObject({ kind: "send", volatile: false, ttlMs: undefined, type: undefined, text });
  expect(({} as { volatile?: unknown }).volatile).toBeUndefined();
  // Rewriting a message does not lose them either.
  const [forged] = decodeFrame(`{"seq":1,${text.slice(1)}`, "v1");
  expect(forged).toMatchObject({ kind: "send", volatile: false, text });
});

test("a destination is never inherited", () => {
  expect(decodeFrame('{"__proto__":{"dest_id":"b"}}', "v1")).toEqual([{ kind: "ping" }]);
});

test("names that every object inherits are no fields", () => {
  expect(textOf('{"dest_id":"toString","collapse_key":"__proto__"}')).toBe(
    '{"dest_id":"toString","collapse_key":"__proto__"}',
  );
  const text = '{"dest_id":"b","toString":1,"hasOwnProperty":2,"toJSON":3}';
  expect(textOf(text)).toBe(text);
  expect(textOf(`{"seq":1,${text.slice(1)}`)).toBe(text);
});
