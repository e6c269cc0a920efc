/** A destination whose object does not answer: what waits for it is bounded, and the sender is told to slow down. */
import { afterEach, expect, test, vi } from "vitest";
import { NodeObject } from "../../../src/durable/node.ts";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { newId } from "../http/edge.ts";
import { Client } from "./client.ts";

/** One connection may send 400 at once, so it takes several of the same node to fill its lane. */
const CONNECTIONS = 6;
const EACH = 350;
const PAST = CONNECTIONS * EACH - LIMITS.laneMessages;

afterEach(() => void vi.restoreAllMocks());

/** Has every object take batches of `src` only from when `open` is called. Objects run in the isolate of the tests. */
function holdBack(src: string): { open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  // oxlint-disable-next-line typescript/unbound-method -- called with the object that it was called on
  const { deliver } = NodeObject.prototype;
  vi.spyOn(NodeObject.prototype, "deliver").mockImplementation(async function (this: NodeObject, batch) {
    if (batch.src === src) await promise;
    return deliver.call(this, batch);
  });
  return { open: resolve };
}

test("2,048 messages wait for it, the next are refused with SLOW_DOWN, and all that were taken arrive", async () => {
  const [a, b] = [newId("a"), newId("b")];
  const recipient = await Client.connect(b);
  const senders = await Promise.all(Array.from({ length: CONNECTIONS }, () => Client.connect(a)));
  const other = await Client.connect(newId("other"));
  const idsOf = (sender: number) => Array.from({ length: EACH }, (_, i) => `s${sender}-${i}`);
  const gate = holdBack(a);
  senders.forEach((sender, s) => {
    for (let i = 0; i < EACH; i += EACH / 2) {
      const ids = idsOf(s).slice(i, i + EACH / 2);
      sender.send(...ids.map((id) => ({ id, dest_id: b, type: 1 })));
    }
  });
  const refused = () => senders.flatMap(({ errors }) => errors);
  // The lane is the node's: whichever connection came last is refused.
  await Promise.any(senders.map((sender) => sender.until(() => refused().length >= PAST, `${PAST} refusals`)));
  expect(refused().map(({ code, temporary }) => `${code} ${temporary}`)).toEqual(
    Array<string>(PAST).fill("SLOW_DOWN true"),
  );
  expect(senders.flatMap(({ acks }) => acks)).toEqual([]);
  // Neither another destination nor another sender feels it.
  senders[0]!.send({ id: "elsewhere", dest_id: other.nodeId, type: 1 });
  other.send({ id: "to-b", dest_id: b, type: 1 });
  await recipient.received(1);
  recipient.ack();
  expect(await other.settled("to-b")).toEqual(["delivered"]);

  const refusedIds = new Set(refused().map(({ id }) => id!));
  gate.open();
  const readUpTo = async (total: number) => {
    for (let have = recipient.messages.length; have < total; have = recipient.messages.length) {
      recipient.ack();
      await recipient.received(have + 1);
    }
    recipient.ack();
  };
  await readUpTo(1 + LIMITS.laneMessages);
  const taken = (s: number) => idsOf(s).filter((id) => !refusedIds.has(id));
  const again = (s: number) => idsOf(s).filter((id) => refusedIds.has(id));
  await Promise.all(senders.map((sender, s) => sender.settled(...taken(s))));
  expect(refused()).toHaveLength(PAST);

  // What was refused comes when it is sent again under the same ids.
  senders.forEach((sender, s) => {
    if (again(s).length > 0) sender.send(...again(s).map((id) => ({ id, dest_id: b, type: 1 })));
  });
  await readUpTo(1 + CONNECTIONS * EACH);
  const got = recipient.messages.map(({ id }) => id!);
  senders.forEach((_sender, s) => {
    expect(got.filter((id) => id.startsWith(`s${s}-`))).toEqual([...taken(s), ...again(s)]);
  });
  await other.received(1);
  other.ack();
  await Promise.all([...senders, recipient, other].map((client) => client.close()));
});
