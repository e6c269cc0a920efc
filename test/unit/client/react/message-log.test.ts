/** What a provider keeps of the messages that came: bounded, and fair to those who say little. */
import { expect, test } from "vitest";
import { fromWire, type IncomingMessage } from "../../../../src/client/message.ts";
import { MAX_KEPT_MESSAGES, MessageLog } from "../../../../src/client/react/message-log.ts";

type Listener = (message: IncomingMessage) => void;

class Source {
  readonly listeners = new Set<Listener>();
  readonly log = new MessageLog((listener) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  });

  come(from: string, payload: unknown, session?: string): void {
    for (const listener of this.listeners) listener(fromWire({ src_id: from, payload, dest_session_id: session }));
  }
}

test("listens from the first use on, while the provider is there", () => {
  const { log, listeners } = new Source();
  log.start();
  expect(listeners.size).toBe(0);
  const stopFirst = log.onChange(() => {});
  log.onChange(() => {});
  expect(listeners.size).toBe(1);
  stopFirst();
  expect(listeners.size).toBe(1);
  log.stop();
  expect(listeners.size).toBe(0);
  log.start();
  expect(listeners.size).toBe(1);
});

test("answers the same array until something came, and tells once of what came together", async () => {
  const source = new Source();
  const { log } = source;
  let told = 0;
  log.onChange(() => told++);
  log.start();
  source.come("bob", 1);
  source.come("bob", 2);
  const { messages } = log;
  expect(messages.map(({ payload }) => payload)).toEqual([1, 2]);
  expect(log.messages).toBe(messages);
  await Promise.resolve();
  expect(told).toBe(1);
  source.come("bob", 3);
  expect(messages).toHaveLength(2);
  expect(log.messages).toHaveLength(3);
});

test("is bounded at 5,000, and a busy session does not push a quiet one out", () => {
  const source = new Source();
  const { log } = source;
  log.onChange(() => {});
  log.start();
  source.come("bob", "the oldest");
  for (let i = 0; i < 6_000; i++) source.come("eve", i, "busy");
  expect(MAX_KEPT_MESSAGES).toBe(5_000);
  expect(log.messages).toHaveLength(5_000);
  expect(log.messages[0]!.payload).toBe("the oldest");
  expect(log.messages[1]!.payload).toBe(1_001);
  expect(log.messages.at(-1)!.payload).toBe(5_999);
});
