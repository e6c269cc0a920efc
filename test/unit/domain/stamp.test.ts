/** The stamp of the edge, written in front of a sender's text and read back from it. */
import { expect, test } from "vitest";
import { orderOf, SESSIONS, stamped, stampedSource, stampedTimestamp, stampPrefix } from "../../../src/domain/stamp.ts";
import { SeededRandom } from "../../support/seeded-random.ts";

const AT = 1_700_000_000_123;

const IDS = [
  "plain",
  'quote"inside',
  '"',
  '""',
  "back\\slash",
  "ends in \\",
  'ends in \\"',
  '\\\\\\"',
  "line\nbreak\ttab\u0000nul\u2028",
  "nöde 😀",
  "\ud800",
  ',"timestamp":5',
  '","timestamp":5,"x":"',
  'a,"src_id":"b"',
  "}{][,:",
];

test.each(IDS)("an id may be %j, in both places", (id) => {
  for (const srcClientId of [undefined, ...IDS]) {
    for (const text of ["{}", '{"dest_id":"b","payload":{"src_id":"x","timestamp":7}}', '{ "timestamps":[1] }']) {
      const tail = stamped(stampPrefix({ srcId: id, srcClientId }), AT, text);
      const stamp = { src_id: id, ...(srcClientId === undefined ? {} : { src_client_id: srcClientId }), timestamp: AT };
      expect(JSON.parse(`{${tail}`)).toEqual({ ...stamp, ...(JSON.parse(text) as object) });
      expect(stampedSource(tail)).toBe(id);
      expect(stampedTimestamp(tail)).toBe(AT);
    }
  }
});

test.each(Array.from({ length: 20 }, (_, seed) => seed))("random ids of seed %d come back", (seed) => {
  const random = new SeededRandom(seed);
  const parts = ['"', "\\", ",", ":", '"timestamp":', "src_id", "}", "{", "a", "é", "\n", "\udc00", "1"];
  const id = () => Array.from({ length: random.int(1, 12) }, () => random.pick(parts)).join("");
  for (let round = 0; round < 50; round++) {
    const stamp = { srcId: id(), srcClientId: random.chance(0.5) ? id() : undefined };
    const at = random.int(0, Number.MAX_SAFE_INTEGER);
    const tail = stamped(stampPrefix(stamp), at, JSON.stringify({ payload: id() }));
    const about = `seed ${seed} round ${round}: ${tail}`;
    expect([about, stampedSource(tail)]).toEqual([about, stamp.srcId]);
    expect([about, stampedTimestamp(tail)]).toEqual([about, at]);
  }
});

test("the sender's text follows the stamp as it was", () => {
  const prefix = stampPrefix({ srcId: "a", srcClientId: undefined });
  expect(stamped(prefix, 5, '{"big":12345678901234567890, "e":1e2}')).toBe(
    '"src_id":"a","timestamp":5,"big":12345678901234567890, "e":1e2}',
  );
  expect(stamped(prefix, 5, "{}")).toBe('"src_id":"a","timestamp":5}');
  expect(stamped(prefix, 5, "{ \t }")).toBe('"src_id":"a","timestamp":5}');
});

test.each(IDS)("a message with a session_seq keeps the order of sessions, whoever sent it: %j", (srcId) => {
  const prefix = stampPrefix({ srcId, srcClientId: srcId });
  expect(orderOf(`${prefix}${AT},"session_seq":5,"id":"m"}`)).toBe(SESSIONS);
  expect(orderOf(`${prefix}${AT}}`)).toBe(srcId);
});

test("a session_seq that a sender wrote itself changes nothing", () => {
  const prefix = stampPrefix({ srcId: "a", srcClientId: undefined });
  expect(orderOf(stamped(prefix, AT, '{"id":"m","session_seq":5}'))).toBe("a");
  expect(orderOf(stamped(prefix, AT, '{"payload":",\\"timestamp\\":5,\\"session_seq\\":5"}'))).toBe("a");
});
