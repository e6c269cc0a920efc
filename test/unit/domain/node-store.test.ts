/** What a node is, in storage. */
import { expect, test } from "vitest";
import { NodeStore } from "../../../src/durable/sql/node-store.ts";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { nodeStorage } from "../../support/sql-storage.ts";

const FRESH = { nodeId: 'n"\\😀', epoch: "e1" };

function setup() {
  const storage = nodeStorage();
  const start = (epoch = "e1") => new NodeStore(storage, { ...FRESH, epoch });
  const rows = () => storage.sql.exec("SELECT count(*) AS count FROM node").one().count;
  return { storage, start, rows };
}

test("a node that was only looked at leaves nothing in storage", () => {
  const { start, rows } = setup();
  expect(start().record).toEqual({
    nodeId: 'n"\\😀',
    epoch: "e1",
    seqReserved: 0,
    clientId: null,
    clientRegistered: null,
    addr: null,
    gcmKey: null,
    isAppNode: false,
    firstSeenAt: null,
    revokedAt: null,
    readSeq: 0,
    sharedTo: 0,
  });
  expect(rows()).toBe(0);
  expect(start("e2").record.epoch).toBe("e2");
});

test("every field comes back after a restart, and the epoch stays", () => {
  const { start, rows } = setup();
  const change = {
    seqReserved: 1_024,
    clientId: "c",
    clientRegistered: "c0",
    addr: "1.2.3.4",
    gcmKey: "g",
    isAppNode: true,
    firstSeenAt: 5,
    revokedAt: 6,
    readSeq: 7,
    sharedTo: 8,
  };
  const store = start();
  store.update(change);
  expect(store.record).toEqual({ ...FRESH, ...change });
  expect(start("e2").record).toEqual({ ...FRESH, ...change });
  store.update({ clientId: null, isAppNode: false });
  expect(start("e3").record).toEqual({ ...FRESH, ...change, clientId: null, isAppNode: false });
  expect(rows()).toBe(1);
});

test("a change that changes nothing writes nothing, once there is something", () => {
  const { storage, start, rows } = setup();
  const store = start();
  store.update({ clientId: null });
  expect(rows()).toBe(1);
  storage.sql.exec("DELETE FROM node");
  store.update({ clientId: null, readSeq: 0 });
  expect(rows()).toBe(0);
  store.update({ readSeq: 1 });
  expect(rows()).toBe(1);
});

test("a validation key is used once, also across a restart", () => {
  const { start } = setup();
  const store = start();
  expect(store.useValidationKey("k1", 100, 50)).toBe(true);
  expect(store.useValidationKey("k1", 100, 50)).toBe(false);
  expect(store.useValidationKey("k2", 100, 50)).toBe(true);
  expect(start().useValidationKey("k1", 100, 60)).toBe(false);
});

test("used validation keys are forgotten once no clock can take them for good any more", () => {
  const { storage, start } = setup();
  const store = start();
  const [expiresAt, forgottenAfter] = [100, 100 + LIMITS.clockSkewMs];
  store.useValidationKey("k1", expiresAt, 50);
  store.useValidationKey("k2", expiresAt + 1, 60);
  // Expired by this clock; the Worker that let it through may go by one that is behind.
  expect(store.useValidationKey("k1", expiresAt, expiresAt + 1)).toBe(false);
  store.useValidationKey("k3", forgottenAfter, forgottenAfter);
  expect(store.useValidationKey("k1", expiresAt, forgottenAfter)).toBe(false);
  store.useValidationKey("k4", forgottenAfter, forgottenAfter + 1);
  expect(storage.sql.exec("SELECT id FROM used_validation_key ORDER BY id").toArray()).toEqual([
    { id: "k2" },
    { id: "k3" },
    { id: "k4" },
  ]);
});
