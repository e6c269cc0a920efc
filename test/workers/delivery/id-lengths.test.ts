/** Ids at their bounds work from end to end, and past them are refused by name. */
import { SignJWT } from "jose";
import { expect, test } from "vitest";
import { TYPE } from "../../../src/protocol/message-types.ts";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { bearer, call, env, expectError, newId } from "../http/edge.ts";
import { Client } from "./client.ts";

/** So many bytes of UTF-8 in half as many characters, with one of a single byte where the number is odd. */
const idOf = (bytes: number): string => "é".repeat(Math.floor(bytes / 2)) + "x".repeat(bytes % 2);

/** A key that mintAuthKey would not make. */
function keyFor(sub: string, claims: Record<string, unknown> = {}): Promise<string> {
  const secret = new TextEncoder().encode(String(env.ALLSPARK_SECRETS).split(",")[0]);
  return new SignJWT(claims)
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(sub)
    .setIssuedAt()
    .setExpirationTime("1h")
    .sign(secret);
}

const preConnection = async (key: string) => call("/v1/connections", { method: "POST", headers: bearer(key) });

test("message ids of 64 characters are acked and delivered, longer and empty ones refused", async () => {
  const b = newId("b");
  const [sender, recipient] = await Promise.all([Client.connect(newId("a")), Client.connect(b)]);
  const longest = "é".repeat(LIMITS.maxMessageIdChars);
  sender.send(
    { id: `${longest}x`, dest_id: b, type: 1 },
    { id: "", dest_id: b, type: 1 },
    { id: longest, dest_id: b, type: 1 },
  );
  await recipient.received(1);
  recipient.ack();
  expect(await sender.settled(longest)).toEqual(["delivered"]);
  expect(sender.errors.map(({ code }) => code)).toEqual(["BAD_MESSAGE", "BAD_MESSAGE"]);
  expect(sender.errors[0]!.message).toContain(`1 to ${LIMITS.maxMessageIdChars} characters`);
  expect(recipient.messages.map(({ id }) => id)).toEqual([longest]);
  await Promise.all([sender.close(), recipient.close()]);
});

test("node ids of 128 bytes connect, send and are reached", async () => {
  const [a, b] = [idOf(LIMITS.maxIdBytes), "n".repeat(LIMITS.maxIdBytes)];
  const [one, two] = await Promise.all([Client.connect(a), Client.connect(b)]);
  one.send({ id: "there", dest_id: b, type: 1 });
  await two.received(1);
  expect(two.messages[0]!.src_id).toBe(a);
  two.ack();
  two.send({ id: "back", dest_id: a, type: 1 });
  await one.received(1);
  one.ack();
  expect(await Promise.all([one.settled("there"), two.settled("back")])).toEqual([["delivered"], ["delivered"]]);
  await Promise.all([one.close(), two.close()]);
});

test("keys that name a node or client of 129 bytes are refused", async () => {
  const [longest, tooLong] = [idOf(LIMITS.maxIdBytes), idOf(LIMITS.maxIdBytes + 1)];
  expect((await preConnection(await keyFor(longest))).status).toBe(200);
  await expectError(await preConnection(await keyFor(tooLong)), "AUTH_INVALID");
  expect((await preConnection(await keyFor(newId(), { client_id: longest }))).status).toBe(200);
  await expectError(await preConnection(await keyFor(newId(), { client_id: tooLong })), "AUTH_INVALID");
});

test.each([
  ["dest_id", "stored"],
  ["dest_client_id", "CLIENT_UNKNOWN"],
  ["dest_session_id", "SESSION_UNAUTHORIZED"],
  ["dest_cluster_id", "UNKNOWN_CLUSTER"],
  ["collapse_key", "stored"],
])("%s of 128 bytes is taken, of 129 refused", async (field, outcome) => {
  const sender = await Client.connect(newId("a"));
  const destination = field === "dest_cluster_id" || field === "collapse_key" ? { dest_id: newId("b") } : {};
  sender.send(
    { id: "in", type: 1, ...destination, [field]: idOf(LIMITS.maxIdBytes) },
    { id: "past", type: 1, ...destination, [field]: idOf(LIMITS.maxIdBytes + 1) },
  );
  const outcomes = () => [
    ...sender.acks,
    ...sender.errors.map(({ id, code }) => [id, code]),
    ...sender.seen
      .filter(({ type }) => type === TYPE.SESSION_UNAUTHORIZED)
      .map(({ id }) => [id, "SESSION_UNAUTHORIZED"]),
  ];
  await sender.until(() => outcomes().length >= 2, "both outcomes");
  expect(Object.fromEntries(outcomes())).toEqual({ in: outcome, past: "BAD_MESSAGE" });
  expect(sender.errors.find(({ id }) => id === "past")!.message).toContain(field);
  await sender.close();
});
