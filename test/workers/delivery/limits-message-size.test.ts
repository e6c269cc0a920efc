/**
 * The largest message after stamping: the real limit of docs/protocol.md, written out here. No client's frame gets there,
 * since a stamp of real ids is small beside the room that is left for it; so these names are long.
 */
import { expect, test } from "vitest";
import type { LaneMessage } from "../../../src/domain/lane.ts";
import { stamped, stampPrefix } from "../../../src/domain/stamp.ts";
import { Connection, NOTHING_HELD } from "../../../src/durable/connection.ts";
import { Inbound } from "../../../src/durable/node-inbound.ts";
import { publish } from "../../../src/durable/node-publish.ts";

const BYTES = 1_114_112;
const LONG = "n".repeat(70_000);
const RATE = { messagesPerSecond: 1_000, bytesPerSecond: 10_000_000 };

/** A payload that makes a message of so many bytes with the stamp of LONG, in far fewer characters. */
function payloadOf(bytes: number, text: (payload: string) => string): string {
  const blank = stamped(stampPrefix({ srcId: LONG, srcClientId: undefined }), Date.now(), text("")).length;
  const room = bytes - blank;
  return "é".repeat(Math.floor(room / 2)) + "x".repeat(room % 2);
}

/** What one frame makes of a message of so many stamped bytes: its tail's bytes, and the codes of errors. */
function receive(bytes: number) {
  const frames: string[] = [];
  const offered: LaneMessage[] = [];
  const socket = { send: (frame: string) => frames.push(frame) } as unknown as WebSocket;
  const attachment = {
    id: "c",
    mode: "v1",
    at: 0,
    nodeId: LONG,
    clientId: undefined,
    app: false,
    held: NOTHING_HELD,
  } as const;
  const connection = new Connection(socket, attachment, RATE, () => null);
  const inbound = new Inbound({
    clusterId: "here",
    offer: (_to, _dest, message) => offered.push(message) > 0,
    acked: () => {},
    config: () => {},
    close: () => {},
    changed: () => connection.flush(),
  });
  const text = (payload: string) => `{"id":"m","dest_id":"b","payload":"${payload}"}`;
  inbound.frame(connection, text(payloadOf(bytes, text)));
  return {
    offered: offered.map(({ tail }) => byteLength(tail)),
    errors: frames.map((frame) => (JSON.parse(frame) as { payload: { code: string } }).payload.code),
  };
}

const byteLength = (text: string) => new TextEncoder().encode(text).byteLength;

test("from a socket: 1,114,112 bytes with the stamp are taken, one more is TOO_LARGE", () => {
  expect(receive(BYTES)).toEqual({ offered: [BYTES], errors: [] });
  expect(receive(BYTES + 1)).toEqual({ offered: [], errors: ["TOO_LARGE"] });
});

test("from a push: the same, for each target by itself", async () => {
  const offered: number[] = [];
  const text = (payload: string) => `{"dest_id":"b","payload":"${payload}"}`;
  const outcomes = await publish(
    { srcId: LONG, srcClientId: undefined },
    ["b", "bb"],
    `{"payload":"${payloadOf(BYTES, text)}"}`,
    (_dest, { tail }, settle) => {
      offered.push(byteLength(tail));
      settle("stored");
      return true;
    },
  );
  expect(outcomes).toEqual([{ status: "stored" }, { status: "refused", code: "TOO_LARGE" }]);
  expect(offered).toEqual([BYTES]);
});
