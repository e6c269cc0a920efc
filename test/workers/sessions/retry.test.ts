/** A session that cannot be reached for a moment: its members' objects try again, and it is as if nothing had been. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SessionObject } from "../../../src/durable/session.ts";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { env, newId } from "../http/edge.ts";
import { Client, type ConnectOptions } from "../delivery/client.ts";
import { evictNodes } from "../delivery/evict.ts";
import { created, joined, memberRow, say } from "./calls.ts";

beforeEach(() => void vi.spyOn(console, "error").mockImplementation(() => {}));
afterEach(() => void vi.restoreAllMocks());

/** A sender that is online, and a member that is not, to whom something was said. */
async function scene(options: object = {}) {
  const [a, b] = [newId("a"), newId("b")];
  const sessionId = await created(a, { anyone_can_join: true, ...options });
  await joined(sessionId, b);
  const sender = await Client.connect(a, { acks: true });
  sender.send(say("missed", sessionId));
  expect(await sender.settled("missed")).toEqual(["stored"]);
  return { sessionId, b, sender };
}

const down = (call: "catchUp" | "caughtUp" | "presence") =>
  vi.spyOn(SessionObject.prototype, call).mockRejectedValue(new Error("the session is down"));

/** What is missed comes on the socket, and what is new after it. */
async function hears(member: Client, sender: Client, sessionId: string): Promise<void> {
  await member.until(() => member.payloads.includes("missed"), "what it missed");
  await expect.poll(async () => (await memberRow(sessionId, member.nodeId))!.behind_from).toBeNull();
  sender.send(say("new", sessionId));
  await member.until(() => member.payloads.includes("new"), "what is new");
  expect(member.payloads).toEqual(["missed", "new"]);
}

const MODES: ConnectOptions[] = [{ mode: "v1", acks: true }, { mode: "classic" }];

test.each(MODES)("the first pages cannot be had: $mode", async (options) => {
  const { sessionId, b, sender } = await scene();
  const catchUp = down("catchUp");
  const member = await Client.connect(b, options);
  await vi.waitFor(() => expect(catchUp.mock.calls.length).toBeGreaterThan(2), { timeout: 5_000 });
  catchUp.mockRestore();
  await hears(member, sender, sessionId);
  await Promise.all([sender.close(), member.close()]);
});

test.each(MODES)("nor any, for long; its object sleeps until its alarm: $mode", async (options) => {
  const { sessionId, b, sender } = await scene();
  const catchUp = down("catchUp");
  const before = Date.now();
  const member = await Client.connect(b, options);
  await vi.waitFor(() => expect(catchUp).toHaveBeenCalled());
  const stub = env.NODE.getByName(b);
  const alarm = () => runInDurableObject(stub, (_object, { storage }) => storage.getAlarm());
  await expect.poll(alarm).toBeGreaterThanOrEqual(before + LIMITS.sessionRetellMs);
  await evictNodes([b]);
  catchUp.mockRestore();
  expect(await runDurableObjectAlarm(stub)).toBe(true);
  await hears(member, sender, sessionId);
  await Promise.all([sender.close(), member.close()]);
});

test("it cannot be told that a member has everything", async () => {
  const { sessionId, b, sender } = await scene();
  const caughtUp = down("caughtUp");
  const member = await Client.connect(b, { acks: true });
  await member.received(1);
  await vi.waitFor(() => expect(caughtUp.mock.calls.length).toBeGreaterThan(1), { timeout: 5_000 });
  caughtUp.mockRestore();
  await hears(member, sender, sessionId);
  await Promise.all([sender.close(), member.close()]);
});

test("it cannot be told that a member is online", async () => {
  const { b, sender } = await scene({ presence: true });
  const presence = down("presence");
  const member = await Client.connect(b, { acks: true });
  await vi.waitFor(() => expect(presence.mock.calls.length).toBeGreaterThan(1), { timeout: 5_000 });
  presence.mockRestore();
  await sender.until(() => sender.messages.some(({ type, src_id }) => type === 105 && src_id === b), "105");
  await Promise.all([sender.close(), member.close()]);
});
