/** What a sender writes reaches the recipient unaltered, but for the fields that are the edge's to set. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { ClassicClient } from "../support/classic-client.ts";
import { type Edge, startEdge } from "../support/edge.ts";
import { type Message, V1Client } from "../support/v1-client.ts";

let edge: Edge;
let sender: V1Client;
let recipient: V1Client;
const frames: string[] = [];
beforeAll(async () => {
  edge = await startEdge();
  sender = await V1Client.connect({ url: edge.url, key: edge.key("mallory", { clientId: "mallory-and-co" }) });
  recipient = await V1Client.connect({ url: edge.url, key: edge.key("victim"), onFrame: (text) => frames.push(text) });
}, 90_000);
afterAll(() => edge.close());

/** Sends text as it is and answers the recipient's frame text and message. */
async function pass(id: string, text: string): Promise<{ frame: string; message: Message }> {
  const before = recipient.messages.length;
  sender.pending.set(id, text);
  sender.sendRaw(text);
  await sender.settled(5_000);
  expect(sender.refused.get(id)).toBeUndefined();
  await recipient.received(before + 1, 5_000);
  return { frame: frames.at(-1) as string, message: recipient.messages[before] as Message };
}

const FORGED = '"src_id":"somebody","src_client_id":"else","timestamp":1,"seq":999999,"session_seq":7';

test.each([
  ["first", `{${FORGED},"id":"first","dest_id":"victim","type":1}`],
  ["last", `{"id":"last","dest_id":"victim","type":1,${FORGED}}`],
  ["escaped", `{"id":"escaped","dest_id":"victim","type":1,"\\u0073rc_id":"somebody","se\\u0071":999999}`],
  ["null", `{"id":"null","dest_id":"victim","type":1,"src_id":null,"src_client_id":null,"seq":null,"timestamp":null}`],
])("forged stamps, written %s, are the edge's in the end", async (id, text) => {
  const before = Date.now();
  const { message, frame } = await pass(id, text);
  expect(message).toMatchObject({ id, src_id: "mallory", src_client_id: "mallory-and-co" });
  expect(message["timestamp"]).toBeGreaterThan(before - 60_000);
  expect(message["seq"]).toBeLessThan(999_999);
  expect(message).not.toHaveProperty("session_seq");
  // A second src_id would be read by some parsers and not by others.
  expect(frame.match(/"(?:src_id|\\u0073rc_id)"/g)).toHaveLength(1);
  expect(frame.match(/"(?:seq|se\\u0071)"/g)).toHaveLength(1);
});

test("dangerous keys pass as plain data", async () => {
  const { frame, message } = await pass(
    "proto",
    '{"id":"proto","dest_id":"victim","type":1,"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"payload":{"__proto__":{"polluted":true}}}',
  );
  expect(frame.match(/"__proto__":\{"polluted":true\}/g)).toHaveLength(2);
  expect(Object.hasOwn(message, "__proto__")).toBe(true);
  expect(frame).toContain('"constructor":{"prototype":{"polluted":true}}');
  // Nobody after it got anything from it.
  const { message: next } = await pass("after-proto", '{"id":"after-proto","dest_id":"victim","type":1,"payload":{}}');
  expect(Object.keys(next).sort()).toEqual([
    "dest_id",
    "id",
    "payload",
    "seq",
    "src_client_id",
    "src_id",
    "timestamp",
    "type",
  ]);
});

test.each([
  ["plain", ""],
  ["beside forged fields", `,${FORGED}`],
])("big integers, odd numbers and unknown fields arrive unaltered, %s", async (name, more) => {
  const payload = '{"big":12345678901234567890,"exact":1.0,"tiny":1e-400,"text":"\\u00e9\\ud83d\\ude00 \\u2028"}';
  const id = `numbers ${name}`;
  const { frame, message } = await pass(
    id,
    `{"id":"${id}","dest_id":"victim","type":1,"payload":${payload},"my_own":[1.50],"X-Y":null${more}}`,
  );
  expect(frame).toContain('"big":12345678901234567890');
  expect(frame).toContain('"exact":1.0,"tiny":1e-400');
  expect(frame).toContain('"my_own":[1.50]');
  expect(message.payload).toMatchObject({ text: "é😀 \u2028" });
  expect(message["X-Y"]).toBeNull();
});

test("a classic sender can forge no more", async () => {
  const classic = await ClassicClient.connect(edge.url, edge.key("old-mallory"));
  const before = recipient.messages.length;
  classic.socket.send(`{"dest_id":"victim","payload":"from classic","own":12345678901234567890,${FORGED}}`);
  await recipient.received(before + 1, 5_000);
  const message = recipient.messages[before];
  expect(message).toMatchObject({ src_id: "old-mallory", payload: "from classic" });
  expect(message).not.toHaveProperty("src_client_id");
  expect(message?.seq).toBeLessThan(999_999);
  await classic.close();
});
