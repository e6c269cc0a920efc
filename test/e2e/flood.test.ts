/** Connections that flood the edge and two hundred that hang in their upgrade: others go on, memory stays flat. */
import { connect as connectTcp, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CLOSE } from "../../src/protocol/close-codes.ts";
import { type Edge, startEdge } from "../support/edge.ts";
import { V1Client } from "../support/v1-client.ts";

const FRAMES = 1_000_000;
const FLOODERS = 20;
const HALF_OPEN = 200;
const MAX_GROWTH_BYTES = 200 * 1024 * 1024;

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
}, 90_000);
afterAll(() => edge.close());

/** Two nodes that send to each other, one message after the other's, for as long as `busy()` holds. */
class Conversation {
  exchanged = 0;
  slowestMs = 0;
  readonly #one: V1Client;
  readonly #other: V1Client;

  private constructor(one: V1Client, other: V1Client) {
    this.#one = one;
    this.#other = other;
  }

  static async start(name: string): Promise<Conversation> {
    const [one, other] = await Promise.all(
      [`${name}-one`, `${name}-other`].map((nodeId) => V1Client.connect({ url: edge.url, key: edge.key(nodeId) })),
    );
    return new Conversation(one as V1Client, other as V1Client);
  }

  async run(busy: () => boolean): Promise<void> {
    while (busy()) {
      const started = performance.now();
      await this.#say(this.#one, this.#other);
      await this.#say(this.#other, this.#one);
      this.slowestMs = Math.max(this.slowestMs, performance.now() - started);
    }
  }

  async #say(from: V1Client, to: V1Client): Promise<void> {
    const id = `turn-${this.exchanged}`;
    const before = to.messages.length;
    from.send({ id, dest_id: to.welcome?.node_id, type: 1, payload: id });
    await to.received(before + 1, 10_000);
    await from.settled(10_000);
    const [got, status] = [to.messages.at(-1)?.payload, from.acked.get(id)];
    // "stored" where this process, busy with its flood, was late with its own ack.
    if (got !== id || (status !== "delivered" && status !== "stored")) {
      throw new Error(`${id}: got ${String(got)}, status ${status}`);
    }
    this.exchanged += 1;
  }

  async close(): Promise<void> {
    await Promise.all([this.#one.close(), this.#other.close()]);
  }
}

async function memory(): Promise<number> {
  return (await edge.processes()).reduce((sum, { rss }) => sum + rss, 0);
}

async function quietly(run: Conversation, times: number): Promise<void> {
  const until = run.exchanged + times;
  await run.run(() => run.exchanged < until);
}

/**
 * Sends a frame again and again, as fast as the socket takes it, up to FRAMES or until it is closed; resolves with how
 * many it took.
 */
async function flood(client: V1Client, frame: string): Promise<number> {
  const socket = client.socket;
  let sent = 0;
  while (sent < FRAMES && client.closeCode === undefined && socket?.readyState === 1) {
    for (let index = 0; index < 500; index += 1) socket.send(frame);
    sent += 500;
    // Backpressure: what the edge does not read must wait at the sender.
    await new Promise<void>((resolve) => socket.send(frame, () => setImmediate(resolve)));
  }
  return sent;
}

test.each([
  ["nonsense", "x", CLOSE.PROTOCOL_ERRORS],
  ["messages past the rate limit", '{"id":"i","dest_id":"nobody-reads","type":1,"volatile":true}', CLOSE.RATE_LIMITED],
])(
  "a million tiny frames of %s end with a close, others talk on, memory stays flat",
  { timeout: 180_000 },
  async (_, frame, code) => {
    const conversation = await Conversation.start(`beside-${code}`);
    await quietly(conversation, 200);
    const before = await memory();
    let most = before;
    let flooding = true;
    let sent = 0;
    const attack = (async () => {
      for (let index = 0; index < FLOODERS; index += 1) {
        const flooder = await V1Client.connect({ url: edge.url, key: edge.key("flooder") });
        sent += await flood(flooder, frame);
        await flooder.closed(10_000);
        expect(flooder.closeCode).toBe(code);
        expect(flooder.errors.length).toBeGreaterThan(0);
        most = Math.max(most, await memory());
      }
    })().finally(() => (flooding = false));
    const start = conversation.exchanged;
    await Promise.all([attack, conversation.run(() => flooding)]);
    const during = conversation.exchanged - start;
    console.log(
      `${sent} frames before ${FLOODERS} closes; meanwhile ${during} messages, slowest exchange ${Math.round(conversation.slowestMs)} ms; ` +
        `memory ${mib(before)} → at most ${mib(most)} MiB`,
    );
    expect(during).toBeGreaterThan(0);
    expect(most - before).toBeLessThan(MAX_GROWTH_BYTES);
    await conversation.close();
  },
);

test("a million pings cost nobody anything", { timeout: 180_000 }, async () => {
  const conversation = await Conversation.start("beside-pings");
  await quietly(conversation, 200);
  const before = await memory();
  const pinger = await V1Client.connect({ url: edge.url, key: edge.key("pinger") });
  let pinging = true;
  const attack = (async () => {
    const sent = await flood(pinger, "ping");
    // Each chunk of 500 was followed by one more.
    await pinger.until(
      () => pinger.closeCode !== undefined || pinger.pongs >= sent,
      60_000,
      () => `pongs (${pinger.pongs} of ${sent})`,
    );
  })().finally(() => (pinging = false));
  await Promise.all([attack, conversation.run(() => pinging)]);
  const grown = (await memory()) - before;
  console.log(
    `${pinger.pongs} pongs; slowest exchange ${Math.round(conversation.slowestMs)} ms; memory grew ${mib(grown)} MiB`,
  );
  expect(pinger.pongs).toBeGreaterThan(0);
  expect(grown).toBeLessThan(MAX_GROWTH_BYTES);
  await Promise.all([conversation.close(), pinger.close()]);
});

test("half-open upgrades hang alone", { timeout: 60_000 }, async () => {
  const conversation = await Conversation.start("beside-half-open");
  await quietly(conversation, 50);
  const before = await memory();
  const head = `GET /connectV3?auth_key=${edge.key("hanging")} HTTP/1.1\r\nHost: 127.0.0.1:${edge.port}\r\nUpgrade: websocket\r\nConn`;
  const hanging = await Promise.all(Array.from({ length: HALF_OPEN }, () => halfOpen(head)));
  await quietly(conversation, 200);
  // New connections are let in beside them.
  const late = await V1Client.connect({ url: edge.url, key: edge.key("late-comer") });
  await late.close();
  const grown = (await memory()) - before;
  console.log(
    `${HALF_OPEN} half-open: slowest exchange ${Math.round(conversation.slowestMs)} ms; memory grew ${mib(grown)} MiB`,
  );
  expect(grown).toBeLessThan(MAX_GROWTH_BYTES);
  expect(conversation.slowestMs).toBeLessThan(5_000);
  for (const socket of hanging) socket.destroy();
  await quietly(conversation, 50);
  await conversation.close();
});

function halfOpen(head: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp(edge.port, "127.0.0.1", () => socket.write(head, () => resolve(socket)));
    socket.once("error", reject);
  });
}

function mib(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}
