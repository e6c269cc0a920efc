/** From a decoded frame to what travels in a lane. */
import { expect, test } from "vitest";
import { laneMessage } from "../../../src/domain/lane.ts";
import { decodeFrame, type SendMessage } from "../../../src/protocol/codec.ts";

const NOW = 1_700_000_000_000;
const of = (fields: object) => {
  const [message] = decodeFrame(JSON.stringify({ dest_id: "b", ...fields }), "v1");
  return laneMessage(message as SendMessage, "tail", NOW, "life-7");
};

test("what decides about its delivery goes along", () => {
  expect(of({ id: "m1", ttl_ms: 500, collapse_key: "score", volatile: true })).toEqual({
    id: "m1",
    tail: "tail",
    expiresAt: NOW + 500,
    volatile: true,
    collapseKey: "score",
  });
});

test("without a ttl it never expires, with one of 0 at once", () => {
  expect(of({ id: "m1" })).toMatchObject({ expiresAt: 0, volatile: false, collapseKey: undefined });
  expect(of({ id: "m1", ttl_ms: 0 })).toMatchObject({ expiresAt: NOW });
});

test("one without an id gets one of the edge's own", () => {
  expect(of({}).id).toBe("~life-7");
});
