/** When a node's object hands a push to the queue, what is in it, and what is not pushed after all. */
import { afterEach, expect, test, vi } from "vitest";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { confirmed, PHONE, PushedNode, WEBHOOK } from "./pushed-node.ts";

/** A node with a webhook, without a connection. */
function away() {
  const node = new PushedNode();
  node.push.add(WEBHOOK, node.now);
  return node;
}

afterEach(() => {
  vi.restoreAllMocks();
});

test("a message for a node without targets leads to nothing, and writes nothing", () => {
  const node = new PushedNode();
  node.receive("m1");
  node.pass(200_000);
  expect(node.queue).toEqual([]);
  expect(node.push.alarmAt(node.now)).toBeUndefined();
  expect(node.box.storage.sql.exec("SELECT * FROM push").toArray()).toEqual([]);
});

test("a message for a node that is away is pushed at once: who, and from where on to fetch", () => {
  const node = away();
  node.receive("m1");
  expect(node.queue).toHaveLength(1);
  expect(node.send()).toMatchObject({
    push: { nodeId: "bob", srcId: "alice", title: "New message", silent: false, fromSeq: 1 },
    targets: [{ target: WEBHOOK }],
  });
});

test("of a thousand messages in ten seconds the first is pushed, and not again within the throttle", async () => {
  const node = away();
  node.receive("first");
  await confirmed();
  for (let i = 1; i < 1_000; i++) {
    node.receive(`m${i}`);
    node.pass(10);
    if (i === 3) node.deliver();
  }
  expect(node.queue).toHaveLength(0);
  const dueAt = node.push.alarmAt(node.now)!;
  expect(dueAt).toBe(1_000_000 + 120_000);
  node.pass(dueAt - node.now - 1);
  expect(node.queue).toHaveLength(0);
  node.pass(1);
  expect(node.queue).toHaveLength(1);
  expect(node.deliver().push.fromSeq).toBe(1);
  await confirmed();
  // Nothing came since: that is enough.
  node.pass(500_000);
  expect(node.queue).toHaveLength(0);
});

test("what a connected node acks within the delay is not pushed; what it does not ack is", () => {
  const node = away();
  const link = node.connect();
  node.receive("m1");
  node.pass(LIMITS.ackGraceMs);
  expect(node.push.alarmAt(node.now)).toBe(1_000_000 + 5_000);
  node.ack(link, 1);
  node.pass(4_000);
  expect(node.queue).toEqual([]);
  node.receive("m2");
  node.pass(1_000);
  node.pass(3_999);
  expect(node.queue).toEqual([]);
  node.pass(1);
  expect(node.queue).toHaveLength(1);
});

test("a node that comes back and acks before its push is due gets none", () => {
  const node = away();
  node.disconnect(node.connect(), false);
  node.receive("m1");
  expect(node.queue).toEqual([]);
  node.pass(2_000);
  node.ack(node.connect(), 1);
  node.pass(3_000);
  expect(node.queue).toEqual([]);
  expect(node.push.alarmAt(node.now)).toBeUndefined();
});

test("a node that comes back and acks while its push waits in the queue gets none", async () => {
  const node = away();
  node.receive("m1");
  await confirmed();
  const [job] = node.queue;
  const link = node.connect();
  expect(node.push.task(job!, node.now)).toEqual({ state: "later", afterMs: 5_000 });
  node.ack(link, 1);
  expect(node.push.task(job!, node.now)).toEqual({ state: "over" });
});

test("a node that is back but acks nothing gets its push after the delay", async () => {
  const node = away();
  node.receive("m1");
  await confirmed();
  node.connect();
  node.pass(4_999);
  expect(node.push.task(node.queue[0]!, node.now)).toEqual({ state: "later", afterMs: 1 });
  node.pass(1);
  expect(node.deliver().push.fromSeq).toBe(1);
});

test("a slow reader that goes on acking is not pushed to", () => {
  const node = away();
  const link = node.connect();
  for (let i = 1; i <= 400; i++) node.receive(`m${i}`);
  for (let seq = 10; seq <= 390; seq += 10) {
    node.pass(1_000);
    node.ack(link, seq);
  }
  expect(node.box.inbox.count).toBeGreaterThan(0);
  expect(node.queue).toEqual([]);
  node.pass(5_000);
  node.pass(5_000);
  expect(node.queue).toHaveLength(1);
});

test("a message whose sender wants no push leads to none; the next one that wants one does", async () => {
  const node = away();
  node.receive("quiet", { push: { off: true } });
  node.pass(10_000);
  expect(node.queue).toEqual([]);
  node.receive("loud", { push: { wish: { title: "Dinner", data: { room: "4" } } } });
  // The quiet one is to be fetched all the same.
  expect(node.deliver().push).toMatchObject({ title: "Dinner", data: { room: "4" }, fromSeq: 1 });
});

test("volatile messages and those that ran out lead to none", () => {
  const node = away();
  node.receive("v", { volatile: true });
  node.disconnect(node.connect(), false);
  node.receive("t", { expiresAt: node.now + 1_000 });
  node.pass(5_000);
  expect(node.queue).toEqual([]);
});

test("a job that the queue did not confirm is handed over again, under the same name", async () => {
  const errors = vi.spyOn(console, "error").mockImplementation(() => {});
  const node = away();
  node.isQueueDown = true;
  node.receive("m1");
  await confirmed();
  expect(errors).toHaveBeenCalledOnce();
  expect(node.push.alarmAt(node.now)).toBeGreaterThan(node.now);
  node.isQueueDown = false;
  node.pass(1_000);
  expect(node.queue).toHaveLength(1);
  await confirmed();
  node.pass(60_000);
  expect(node.queue).toHaveLength(1);
});

test("a crash between storing a job and the queue's answer hands it over again; a taken one is not sent twice", async () => {
  const node = away();
  node.receive("m1");
  const [job] = node.queue;
  node.crash();
  expect(node.queue).toEqual([job, job]);
  await confirmed();
  node.deliver();
  expect(node.push.task(node.queue[0]!, node.now)).toEqual({ state: "over" });
});

test("a crash after the queue's answer loses nothing, and hands nothing over again", async () => {
  const node = away();
  node.receive("m1");
  await confirmed();
  node.crash();
  node.pass(100_000);
  expect(node.queue).toHaveLength(1);
  expect(node.deliver().push).toMatchObject({ srcId: "alice", fromSeq: 1 });
});

test("two consumers do not send the same job at once", async () => {
  const node = away();
  node.receive("m1");
  await confirmed();
  const [job] = node.queue;
  node.send();
  expect(node.push.task(job!, node.now)).toMatchObject({ state: "later" });
  node.pass(200_000);
  expect(node.push.task(job!, node.now)).toMatchObject({ state: "send" });
});

test("targets that have taken the push are not called again; dead ones go after one try", async () => {
  const node = new PushedNode({ fcm: {} as never });
  const [hook, phone] = [node.push.add(WEBHOOK, node.now)!, node.push.add(PHONE, node.now)!];
  const other = node.push.add({ ...WEBHOOK, url: "https://hooks.example.org/b" }, node.now)!;
  node.receive("m1");
  await confirmed();
  const [job] = node.queue;
  expect(node.send().targets.map(({ id }) => id)).toEqual([hook.id, phone.id, other.id]);
  node.push.settle(job, [
    { id: hook.id, result: "sent" },
    { id: phone.id, result: "dead" },
    { id: other.id, result: "later" },
  ]);
  expect(node.push.targets.map(({ id }) => id)).toEqual([hook.id, other.id]);
  node.crash();
  const again = node.push.task(job!, node.now);
  expect(again).toMatchObject({ state: "send", targets: [{ id: other.id }] });
  node.push.settle(job, [{ id: other.id, result: "sent" }]);
  expect(node.push.task(job!, node.now)).toEqual({ state: "over" });
  expect(node.push.targets).toHaveLength(2);
});

test("a new push takes the place of one that has not got through", async () => {
  const node = away();
  node.receive("m1");
  await confirmed();
  const [first] = node.queue.splice(0);
  node.pass(60_000);
  node.receive("m2");
  node.pass(60_000);
  await confirmed();
  expect(node.push.task(first!, node.now)).toEqual({ state: "over" });
  expect(node.deliver().push.fromSeq).toBe(1);
});

test("the deployment's webhook is called for nodes without a target that could be", async () => {
  const webhook = { url: "http://10.0.0.1/hook", secret: WEBHOOK.secret };
  const node = new PushedNode({ webhook });
  node.push.add(PHONE, node.now);
  expect(node.push.wants).toBe(true);
  node.receive("m1");
  await confirmed();
  expect(node.send().targets).toEqual([{ id: "deployment", target: { kind: "webhook", ...webhook } }]);
  const own = new PushedNode({ webhook });
  const { id } = own.push.add(WEBHOOK, own.now)!;
  own.receive("m1");
  expect(own.send().targets.map((target) => target.id)).toEqual([id]);
});

test("a target of a service that is not configured is kept, and nobody is called for it", () => {
  const node = new PushedNode();
  node.push.add(PHONE, node.now);
  expect([node.push.wants, node.push.targets.length]).toEqual([false, 1]);
  node.receive("m1");
  expect(node.queue).toEqual([]);
});

test("a node has up to ten targets; registering one again changes it", () => {
  const node = away();
  const [first] = node.push.targets;
  for (let i = 1; i < LIMITS.maxPushTargetsOfNode; i++) {
    expect(node.push.add({ ...WEBHOOK, url: `https://hooks.example.org/${i}` }, node.now)).toBeDefined();
  }
  expect(node.push.add({ ...WEBHOOK, url: "https://hooks.example.org/x" }, node.now)).toBeUndefined();
  const secret = "whsec_YW5vdGhlciBzZWNyZXQgb2Ygb3VycyBoZXJlIQ==";
  const changed = node.push.add({ ...WEBHOOK, secret }, node.now)!;
  expect(changed).toMatchObject({ target: { secret } });
  // What is said of a call to the target as it was does not touch the one that has taken its place.
  node.push.settle(undefined, [{ id: first!.id, result: "dead" }]);
  node.crash();
  expect(node.push.targets).toHaveLength(10);
  expect(node.push.targets.find(({ id }) => id === changed.id)?.target).toEqual({ ...WEBHOOK, secret });
});

test("targets are removed by kind, by name and by id", () => {
  const node = away();
  const other = node.push.add({ ...WEBHOOK, url: "https://hooks.example.org/b" }, node.now)!;
  node.push.add(PHONE, node.now);
  expect(node.push.remove("fcm", { name: WEBHOOK.url })).toBe(0);
  expect(node.push.remove("webhook", { name: WEBHOOK.url })).toBe(1);
  expect(node.push.remove("fcm", { id: other.id })).toBe(0);
  expect(node.push.remove("webhook", { id: other.id })).toBe(1);
  expect(node.push.remove("fcm")).toBe(1);
  expect(node.push.targets).toEqual([]);
});

test("a new registration token takes the place of the one before; a dead one is forgotten", () => {
  const node = new PushedNode({ fcm: {} as never });
  const kept = node.push.add({ kind: "fcm", token: "another-device" }, node.now)!;
  node.push.setGcmKey("one", node.now);
  const two = node.push.setGcmKey("two", node.now)!;
  expect(node.push.targets.map(({ target }) => target)).toEqual([kept.target, { kind: "fcm", token: "two" }]);
  expect(node.record.gcmKey).toBe("two");
  node.push.settle(undefined, [{ id: two.id, result: "dead" }]);
  expect([node.push.targets.map(({ id }) => id), node.record.gcmKey]).toEqual([[kept.id], null]);
  node.push.setGcmKey("three", node.now);
  node.push.remove("fcm", { name: kept.target.kind });
  expect(node.record.gcmKey).toBe("three");
  node.push.removeAll();
  expect([node.push.targets, node.record.gcmKey]).toEqual([[], null]);
});

test("a session's message is pushed for while the node lacks it", async () => {
  const node = away();
  node.unread.set("s", 7);
  const nextAt = node.push.missed("s", { seq: 7, type: 1, srcId: "carol", at: node.now }, node.now);
  expect(nextAt).toBe(node.now);
  node.tick();
  await confirmed();
  expect(node.deliver().push).toMatchObject({ srcId: "carol", sessionId: "s", sessionSeq: 7, type: 1, fromSeq: 1 });
  expect(node.push.missed("s", { seq: 8, at: node.now }, node.now)).toBe(node.now + 120_000);
  node.pass(120_000);
  expect(node.queue).toHaveLength(1);
  node.unread.delete("s");
  expect(node.push.task(node.queue[0]!, node.now)).toEqual({ state: "over" });
});

test("what is missed of a session while its push is under way does not call that off", async () => {
  const node = away();
  node.unread.set("s", 7);
  node.push.missed("s", { seq: 7, srcId: "carol", at: node.now }, node.now);
  node.tick();
  await confirmed();
  node.push.missed("s", { seq: 8, at: node.now }, node.now);
  expect(node.deliver().push).toMatchObject({ srcId: "carol", sessionSeq: 7 });
  node.pass(120_000);
  await confirmed();
  expect(node.deliver().push).toMatchObject({ sessionSeq: 8 });
});

test("what was missed and fetched since does not hide what is missed now", async () => {
  const node = away();
  node.receive("m1");
  await confirmed();
  node.deliver();
  node.ack(node.connect(), 1);
  for (const link of [...node.box.links]) node.disconnect(link);
  node.unread.set("s", 5);
  node.push.missed("s", { seq: 5, at: node.now }, node.now);
  // It catches up and goes; then there is something new.
  node.unread.set("s", 9);
  node.push.missed("s", { seq: 9, at: node.now }, node.now);
  node.pass(120_000);
  await confirmed();
  expect(node.deliver().push).toMatchObject({ sessionId: "s", sessionSeq: 9 });
});

test("what was missed of a session outlives memory, and one that was caught up with is no reason", async () => {
  const node = away();
  node.receive("m1");
  await confirmed();
  node.deliver();
  node.ack(node.connect(), 1);
  for (const link of [...node.box.links]) node.disconnect(link);
  node.unread.set("s", 1).set("t", 1);
  node.push.missed("s", { seq: 3, at: node.now }, node.now);
  node.push.missed("t", { seq: 4, at: node.now }, node.now);
  node.crash();
  node.unread.delete("s");
  node.pass(120_000);
  await confirmed();
  expect(node.deliver().push).toMatchObject({ sessionId: "t", sessionSeq: 4 });
});

test("what a classic client has fetched is no reason for a push", () => {
  const node = away();
  const link = node.connect("classic");
  node.disconnect(link, false);
  node.receive("m1");
  node.record.readSeq = 1;
  node.pass(5_000);
  expect(node.queue).toEqual([]);
});

test("what a classic socket took shortly before it broke waits again, and is pushed for", () => {
  const node = away();
  const link = node.connect("classic");
  node.receive("m1");
  expect(link.read()).toMatchObject([{ id: "m1" }]);
  node.disconnect(link, false);
  expect(node.queue).toEqual([]);
  node.pass(5_000);
  expect(node.queue).toHaveLength(1);
});

test("a node whose last target goes has nothing to be woken for: no job, no alarm", async () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  const node = away();
  node.isQueueDown = true;
  node.receive("m1");
  await confirmed();
  node.pass(1_000);
  node.receive("m2");
  node.push.removeAll();
  node.tick();
  expect(node.push.alarmAt(node.now)).toBeUndefined();
  expect(node.box.storage.sql.exec("SELECT * FROM push_job").toArray()).toEqual([]);
  node.isQueueDown = false;
  node.push.add(WEBHOOK, node.now);
  node.pass(120_000);
  expect(node.queue).toHaveLength(1);
});

test("a deploy cuts all sockets: those who are back in a moment are not pushed to", () => {
  const node = away();
  node.connect();
  node.crash();
  node.receive("m1");
  expect(node.queue).toEqual([]);
  const seq = Number.parseInt(node.box.inbox.next(0)!.messages[0]!.seq.toString(), 10);
  node.pass(1_000);
  node.ack(node.connect(), seq);
  node.pass(10_000);
  expect(node.queue).toEqual([]);
});

test("an object that slept with its sockets open knows that the node is connected", () => {
  const node = away();
  node.connect();
  node.sleep();
  node.receive("m1");
  node.pass(1_000);
  expect(node.queue).toEqual([]);
  expect(node.push.alarmAt(node.now)).toBe(node.now + 4_000);
});

test("a test push says so, and comes once in five seconds", () => {
  const node = away();
  expect(node.push.test(node.now)).toMatchObject({ push: { title: "Test" }, targets: [{ target: WEBHOOK }] });
  expect(node.push.test(node.now + 4_999)).toBeUndefined();
  expect(node.push.test(node.now + 5_000)).toBeDefined();
});
