/** Looks into the storage of one object and changes it, past everything that the edge says of itself. */
import { runInDurableObject } from "cloudflare:test";
import { cutRows, encodeRow } from "../../../src/domain/inbox-row.ts";
import { stamped, stampPrefix } from "../../../src/domain/stamp.ts";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { env } from "../http/edge.ts";
import { evictNodes } from "./evict.ts";

/** Runs one SQL statement in the object and answers its rows. */
export function query<Row extends Record<string, SqlStorageValue>>(
  stub: DurableObjectStub,
  sql: string,
  ...values: SqlStorageValue[]
): Promise<Row[]> {
  return runInDurableObject(stub, (_object, { storage }) => storage.sql.exec<Row>(sql, ...values).toArray());
}

/** A message of `src` as an inbox keeps it. */
export function tailOf(src: string, message: object): string {
  return stamped(stampPrefix({ srcId: src, srcClientId: undefined }), Date.now(), JSON.stringify(message));
}

/** Puts messages with the seqs from 1 on into the inbox of a node that never came, and takes its object out of memory. */
export async function fillInbox(nodeId: string, tails: readonly string[]): Promise<void> {
  const stub = env.NODE.getByName(nodeId);
  // Makes the row that says where its seqs go on.
  await stub.assign({ addr: "nowhere" });
  const messages = tails.map((tail, i) => ({ seq: i + 1, expiresAt: 0, tail }));
  const rows = cutRows(messages, { maxMessages: LIMITS.inboxRowMessages, maxBytes: LIMITS.inboxRowBytes });
  const expiresAt = Date.now() + LIMITS.inboxTtlMs;
  await runInDurableObject(stub, (_object, { storage: { sql } }) => {
    sql.exec("UPDATE node SET seq_reserved = ?", tails.length);
    for (const row of rows) {
      const bytes = row.reduce((sum, { tail }) => sum + tail.length, 0);
      const [from, to] = [row[0]!.seq, row.at(-1)!.seq];
      sql.exec("INSERT INTO inbox VALUES (?, ?, ?, ?, ?, ?)", from, to, row.length, bytes, expiresAt, encodeRow(row));
    }
  });
  await evictNodes([nodeId]);
}
