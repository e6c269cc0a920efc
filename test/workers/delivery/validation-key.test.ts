/** A validation key opens one connection, whatever happens to its node's object in between. */
import { expect, test } from "vitest";
import { authKey, expectError, newId, preConnect, untilClosed, upgrade } from "../http/edge.ts";
import { evictNodes } from "./evict.ts";

async function connectPath(nodeId: string): Promise<string> {
  const key = await authKey(nodeId);
  const { validation_key } = await preConnect(key);
  return `/connectV3?${new URLSearchParams({ auth_key: key, validation_key })}`;
}

test.each(["hibernate", "close"] as const)(
  "a used one stays used when the object leaves memory: %s",
  async (webSockets) => {
    const nodeId = newId();
    const path = await connectPath(nodeId);
    const response = await upgrade(path);
    expect(response.status).toBe(101);
    const socket = response.webSocket!;
    const closed = untilClosed(socket);
    for (let i = 0; i < 2; i++) {
      await evictNodes([nodeId], { webSockets });
      await expectError(await upgrade(path), "VALIDATION_KEY_EXPIRED");
    }
    if (webSockets === "hibernate") socket.close(1000);
    await closed;
  },
);

test("an unused one still opens a connection after an eviction", async () => {
  const nodeId = newId();
  const path = await connectPath(nodeId);
  await evictNodes([nodeId]);
  const response = await upgrade(path);
  expect(response.status).toBe(101);
  const closed = untilClosed(response.webSocket!);
  response.webSocket!.close(1000);
  await closed;
});

test("of two uses at once one is refused", async () => {
  const path = await connectPath(newId());
  const responses = await Promise.all([upgrade(path), upgrade(path)]);
  const [opened, ...more] = responses.filter(({ status }) => status === 101);
  expect(more).toEqual([]);
  await expectError(
    responses.find(({ status }) => status !== 101)!,
    "VALIDATION_KEY_EXPIRED",
  );
  const closed = untilClosed(opened!.webSocket!);
  opened!.webSocket!.close(1000);
  await closed;
});
