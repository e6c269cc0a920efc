/** Web Push over real HTTP, against a double that verifies and reads what comes. */
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Push } from "../../../src/domain/push/push.ts";
import type { WebPushTarget } from "../../../src/domain/push/target.ts";
import { WebPushProvider } from "../../../src/push/web-push.ts";
import { paddedLength } from "../../../src/push/web-push-payload.ts";
import { makeVapidKeys } from "../../../src/push/vapid-keys.ts";
import { type Subscription, startWebPushDouble, type WebPushDouble } from "../../support/push/web-push-double.ts";

let double: WebPushDouble;
let provider: WebPushProvider;

beforeEach(async () => {
  double = await startWebPushDouble();
  provider = new WebPushProvider(double.vapid);
});

afterEach(() => double.close());

const push = (more: Partial<Push> = {}): Push => ({
  id: "7b0c1d0e-0000-4000-8000-000000000000",
  nodeId: "bob",
  title: "alice",
  silent: false,
  fromSeq: 7,
  at: Date.now(),
  ...more,
});

function targetOf({ endpoint, keys }: Subscription): WebPushTarget {
  return { kind: "webpush", endpoint, ...keys };
}

const target = () => targetOf(double.subscribe());

test("the service worker gets all that a push says, by the names of the wire", async () => {
  const to = target();
  const all = { body: "hello\n👋", data: { room: "7" }, type: 3, srcId: "alice", sessionId: "s", sessionSeq: 12 };
  expect(await provider.send(to, push(all))).toEqual({ result: "sent" });
  expect(await provider.send(to, push({ silent: true }))).toEqual({ result: "sent" });
  expect(double.faults).toEqual([]);
  expect(double.pushes.map(({ payload }) => payload)).toEqual([
    {
      node_id: "bob",
      title: "alice",
      body: "hello\n👋",
      data: { room: "7" },
      type: 3,
      src_id: "alice",
      session_id: "s",
      session_seq: 12,
      from_seq: 7,
    },
    { node_id: "bob", title: "alice", silent: true, from_seq: 7 },
  ]);
});

test("what is shown is urgent, and a newer push of the node takes the place of an older; silent ones among themselves", async () => {
  const to = target();
  for (const more of [{}, { fromSeq: 8 }, { silent: true }, { silent: true, fromSeq: 9 }, { nodeId: "carol" }]) {
    await provider.send(to, push(more));
  }
  const [first, second, silent, silentToo, carol] = double.pushes;
  expect(double.pushes.map(({ urgency }) => urgency)).toEqual(["high", "high", "normal", "normal", "high"]);
  expect(first?.topic).toMatch(/^[\w-]{32}$/);
  expect(second?.topic).toBe(first?.topic);
  expect(silentToo?.topic).toBe(silent?.topic);
  expect(new Set([first, silent, carol].map((taken) => taken?.topic)).size).toBe(3);
  expect(Buffer.from(first?.topic ?? "", "base64url").toString()).not.toContain("bob");
});

test("lives as long as its message, and four weeks at most", async () => {
  const now = Date.now();
  const clocked = new WebPushProvider(double.vapid, undefined, { now: () => now });
  const days = (count: number) => count * 24 * 3_600_000;
  for (const age of [0, days(1), days(2.5), days(30) - 1_999, days(31)]) {
    await clocked.send(target(), push({ at: now - age }));
  }
  expect(double.faults).toEqual([]);
  expect(double.pushes.map(({ ttl }) => ttl)).toEqual([28 * 86_400, 28 * 86_400, 27.5 * 86_400, 1, 0]);
});

test("a push's length is told in steps of 256 bytes alone", async () => {
  const steps = new Set<number>();
  for (let bytes = 0; bytes <= 3_993; bytes++) {
    const padded = paddedLength(bytes);
    if (padded < bytes || padded - bytes >= 256) throw new Error(`${bytes} bytes are padded to ${padded}`);
    steps.add(padded);
  }
  expect([...steps].slice(1)).toEqual([...Array.from({ length: 15 }, (_, i) => (i + 1) * 256), 3_993]);

  const to = target();
  const sizes: (number | undefined)[] = [];
  for (const chars of [1, 40, 150, 400]) {
    await provider.send(to, push({ body: "x".repeat(chars) }));
    sizes.push(double.pushes.at(-1)?.bytes);
  }
  expect(sizes).toEqual([256, 256, 256, 512].map((padded) => 86 + padded + 1 + 16));
});

const LONGEST = {
  nodeId: '"'.repeat(128),
  srcId: '"'.repeat(128),
  sessionId: '"'.repeat(128),
  title: '"'.repeat(200),
  data: { k: "x".repeat(1_492) },
  type: Number.MAX_SAFE_INTEGER,
  sessionSeq: Number.MAX_SAFE_INTEGER,
  fromSeq: Number.MAX_SAFE_INTEGER,
  silent: true,
};

test("the longest push fits: where escapes make it too long, its body is cut between characters", async () => {
  expect(JSON.stringify(LONGEST.data)).toHaveLength(1_500);
  for (const body of ["x".repeat(1_000), '"'.repeat(1_000), "😀".repeat(250), '"😀"'.repeat(166)]) {
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(1_000);
    expect(await provider.send(target(), push({ ...LONGEST, body }))).toEqual({ result: "sent" });
    const { payload, bytes } = double.pushes.at(-1) ?? {};
    expect(payload).toMatchObject({ title: LONGEST.title, data: LONGEST.data, node_id: LONGEST.nodeId });
    expect(bytes).toBeLessThanOrEqual(4_096);
    const shown = payload?.["body"] as string;
    expect(shown.isWellFormed()).toBe(true);
    if (shown === body) continue;
    expect(shown.endsWith("…") && body.startsWith(shown.slice(0, -1))).toBe(true);
    // As long as may be: not one more character would have fitted.
    expect(bytes).toBeGreaterThan(4_096 - 8);
  }
  expect(double.pushes.map(({ payload }) => (payload["body"] as string).endsWith("…"))).toContain(true);
  expect(double.faults).toEqual([]);
});

test("what would not fit without a body either has failed, uncalled", async () => {
  const outcome = await provider.send(target(), push({ data: { k: "x".repeat(4_000) }, body: "b" }));
  expect(outcome).toEqual({ result: "failed", why: "Web Push: the payload has more than 3993 bytes" });
  expect(double.calls).toEqual([]);
});

test.each([
  [200, { result: "sent" }],
  [202, { result: "sent" }],
  [204, { result: "sent" }],
  [301, { result: "failed", why: "Web Push: status 301" }],
  [307, { result: "failed", why: "Web Push: status 307" }],
  [400, { result: "failed", why: "Web Push: status 400" }],
  [401, { result: "failed", why: "Web Push: status 401" }],
  [403, { result: "failed", why: "Web Push: status 403" }],
  [404, { result: "dead", why: "Web Push: status 404" }],
  [408, { result: "later", why: "Web Push: status 408" }],
  [410, { result: "dead", why: "Web Push: status 410" }],
  [413, { result: "failed", why: "Web Push: status 413" }],
  [429, { result: "later", why: "Web Push: status 429" }],
  [500, { result: "later", why: "Web Push: status 500" }],
  [503, { result: "later", why: "Web Push: status 503" }],
])("status %d", async (status, outcome) => {
  double.failNext({ status, headers: { location: `${double.url}/elsewhere` } });
  expect(await provider.send(target(), push())).toEqual(outcome);
  expect(double.calls).toHaveLength(1);
});

test("a service says when it may be called again", async () => {
  double.failNext(
    { status: 429, headers: { "retry-after": "90" } },
    { status: 503, headers: { "retry-after": "soon" } },
  );
  expect(await provider.send(target(), push())).toMatchObject({ result: "later", retryAfterMs: 90_000 });
  expect(await provider.send(target(), push())).not.toHaveProperty("retryAfterMs");
});

test("a subscription that is gone is dead, and so is one that never was", async () => {
  const subscription = double.subscribe();
  double.unsubscribe(subscription);
  expect(await provider.send(targetOf(subscription), push())).toMatchObject({ result: "dead" });
  const unknown = { ...target(), endpoint: `${double.url}/push/unknown` };
  expect(await provider.send(unknown, push())).toMatchObject({ result: "dead" });
});

test("no answer, a cut connection, nobody there: later", async () => {
  const hasty = new WebPushProvider(double.vapid, undefined, { limitMs: 50 });
  double.failNext({ slowMs: 5_000 }, "reset");
  expect(await hasty.send(target(), push())).toEqual({ result: "later", why: "Web Push: no answer within 50 ms" });
  expect(await provider.send(target(), push())).toEqual({ result: "later", why: "Web Push: the connection failed" });
  const nobody = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => nobody.once("listening", resolve));
  const { port } = nobody.address() as AddressInfo;
  await new Promise((resolve) => nobody.close(resolve));
  const outcome = await provider.send({ ...target(), endpoint: `http://127.0.0.1:${port}/push/x` }, push());
  expect(outcome).toEqual({ result: "later", why: "Web Push: the connection failed" });
});

test("one signature serves a service for many pushes", async () => {
  await provider.send(target(), push());
  await provider.send(target(), push());
  const [one, other] = double.calls.map(({ headers }) => headers.authorization);
  expect(other).toBe(one);
});

test("without keys, with keys that are no pair, for a subscription whose keys are wrong: failed, uncalled", async () => {
  const unconfigured = await new WebPushProvider(undefined).send(target(), push());
  expect(unconfigured).toMatchObject({ result: "failed", why: expect.stringContaining("not configured") as string });
  const mixed = new WebPushProvider({ ...double.vapid, privateKey: (await makeVapidKeys()).privateKey });
  const notAPair = { result: "failed", why: "Web Push: the VAPID keys are not the two of one pair" };
  expect(await mixed.send(target(), push())).toEqual(notAPair);
  for (const [keys, why] of [
    [{ p256dh: `B${"A".repeat(86)}` }, "Web Push: p256dh is no point of P-256"],
    [{ auth: "!" }, "Web Push: the subscription's keys are no base64url"],
  ] as const) {
    expect(await provider.send({ ...target(), ...keys }, push())).toEqual({ result: "failed", why });
  }
  expect(double.calls).toEqual([]);
});

test("the double refuses a push that is signed by another key or for another browser", async () => {
  const other = new WebPushProvider({ ...(await makeVapidKeys()), subject: "mailto:a@example.com" });
  expect(await other.send(target(), push())).toMatchObject({ result: "failed" });
  expect(double.faults).toEqual(["k is not the key that was subscribed with"]);
  const { p256dh, auth } = target();
  expect(await provider.send({ ...target(), p256dh, auth }, push())).toMatchObject({ result: "failed" });
  expect(double.faults).toHaveLength(2);
  expect(double.pushes).toEqual([]);
});
