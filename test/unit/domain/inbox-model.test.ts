/**
 * Random appends, acks, collapses, renumberings and expiries against a plain list: the same messages in the same order,
 * counted right, across restarts, and nothing gone without an ack or a gap. SEED=n runs one seed alone.
 */
import assert from "node:assert/strict";
import { test } from "vitest";
import { SeededRandom } from "../../support/seeded-random.ts";
import { rowsOf, stored, storedInbox, T } from "./stored-inbox.ts";

const TTL = 1_000;

interface Entry {
  seq: number;
  tail: string;
  expiresAt: number;
  /** When it was stored; it goes a whole life after that, neither earlier nor later, unless its own time ran out. */
  storedAt: number;
  key: string | undefined;
}

class Model {
  readonly random: SeededRandom;
  readonly setup = storedInbox({ ttlMs: TTL, rowMessages: 5, rowBytes: 400 });
  inbox = this.setup.inbox;
  entries: Entry[] = [];
  now = T;
  seq = 0;
  sentBelow = 0;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
  }

  append(): void {
    const { random } = this;
    const batch = Array.from({ length: random.int(1, 9) }, () => {
      this.seq += random.chance(0.15) ? random.int(2, 5) : 1;
      const expiresAt = random.chance(0.2) ? this.now + random.int(1, 500) : 0;
      const collapse = random.chance(0.25) ? random.pick(["j", "k"]) : undefined;
      return stored(this.seq, { expiresAt, collapse, src: "x".repeat(random.int(1, 90)) });
    });
    const rowOf = this.inbox.append(batch, this.now, (seq) => seq >= this.sentBelow);
    const last = new Map(batch.map(({ seq, collapse }) => [collapse, seq]));
    const replaced = (entry: { seq: number; key: string | undefined }) =>
      entry.key !== undefined && (last.get(entry.key) ?? 0) > entry.seq;
    // Only the newest of a key that an earlier batch stored is replaced, and only while it is unsent.
    for (const key of ["j", "k"]) {
      const older = this.entries.findLast((entry) => entry.key === key);
      if (older === undefined || !replaced(older)) continue;
      if (older.seq >= this.sentBelow) this.#drop(older.seq, "collapsed");
      else older.key = undefined;
    }
    for (const { seq, expiresAt, tail, collapse: key } of batch) {
      if (replaced({ seq, key })) this.#announced(seq, "collapsed");
      else this.entries.push({ seq, tail, expiresAt, storedAt: this.now, key });
    }
    for (const { seq } of this.entries.filter((entry) => rowOf.has(entry.seq))) {
      assert.equal(rowOf.get(seq), this.inbox.rowOf(seq));
    }
  }

  /** Cumulative, sometimes of a part only. */
  remove(): void {
    const upTo = this.random.int(0, this.seq + 1);
    const odd = this.random.chance(0.3);
    const matches = (seq: number) => !odd || seq % 2 === 1;
    const kept = this.entries.filter(({ seq }) => seq > upTo || !matches(seq));
    assert.equal(this.inbox.removeUpTo(upTo, matches), this.entries.length - kept.length);
    this.entries = kept;
    for (const gap of this.inbox.gaps) assert.ok(gap.to_seq > upTo);
  }

  renumber(): void {
    const from = this.random.int(1, this.seq + 1);
    const fates = new Map<number, "moves" | "stays" | "gone">();
    const { row } = this.inbox.next(from) ?? {};
    const reached = this.entries.filter(({ seq }) => row !== undefined && seq >= row);
    for (const { seq } of reached) fates.set(seq, seq < from ? "stays" : this.random.pick(["moves", "stays", "gone"]));
    const first = this.seq + 1;
    const moved = reached.filter(({ seq }) => fates.get(seq) === "moves");
    const answer = this.inbox.renumber(
      from,
      (seq) => fates.get(seq)!,
      () => ++this.seq,
    );
    assert.equal(answer, moved.length > 0 ? first : undefined);
    this.entries = [
      ...this.entries.filter(({ seq }) => !fates.has(seq) || fates.get(seq) === "stays"),
      ...moved.map((entry, i) => ({ ...entry, seq: first + i })),
    ];
  }

  /** Rows go as a whole, when the last of their messages has run out. */
  sweep(): void {
    this.now += this.random.int(1, 400);
    this.inbox.sweep(this.now);
    const left = new Set(rowsOf(this.inbox).flatMap((row) => row.map(({ seq }) => seq)));
    for (const { seq, expiresAt, storedAt } of this.entries) {
      const end = Math.min(expiresAt === 0 ? Infinity : expiresAt, storedAt + TTL);
      if (left.has(seq)) {
        assert.ok(storedAt + TTL > this.now, `message ${seq} lives too long`);
        continue;
      }
      assert.ok(end <= this.now, `message ${seq} went early`);
      this.#drop(seq, "expired");
    }
    const next = this.inbox.nextExpiry;
    assert.ok(next === undefined || next > this.now);
  }

  #drop(seq: number, reason: string): void {
    this.entries = this.entries.filter((entry) => entry.seq !== seq);
    this.#announced(seq, reason);
  }

  #announced(seq: number, reason: string): void {
    const gap = this.inbox.gaps.find(({ from_seq, to_seq }) => from_seq <= seq && seq <= to_seq);
    assert.equal(gap?.reason, reason, `the gap of message ${seq}`);
  }

  step(): void {
    const action = this.random.next();
    if (action < 0.5) this.append();
    else if (action < 0.65) this.remove();
    else if (action < 0.75) this.renumber();
    else if (action < 0.9) this.sweep();
    else if (action < 0.95) this.inbox = this.setup.restart();
    else this.sentBelow = this.random.int(0, this.seq + 1);
    this.check();
  }

  check(): void {
    const { inbox } = this;
    const rows = rowsOf(inbox);
    const messages = rows.flat();
    assert.deepEqual(
      messages,
      this.entries.map(({ seq, tail, expiresAt }) => ({ seq, expiresAt, tail })),
    );
    assert.deepEqual([...inbox.scan(Number.MAX_SAFE_INTEGER, "desc")].flat(), messages.toReversed());
    const bytes = messages.reduce((sum, { tail }) => sum + tail.length, 0);
    assert.deepEqual([inbox.count, inbox.bytes], [messages.length, bytes]);
    assert.ok(rows.every((row) => row.length > 0 && row.length <= 5));
    const again = this.setup.restart();
    assert.deepEqual([again.count, again.bytes], [inbox.count, inbox.bytes]);
    const ends = this.setup.storage.sql.exec<{ expires_at: number }>("SELECT expires_at FROM inbox").toArray();
    // A sweep must not come too late.
    for (const { expires_at } of ends) assert.ok(inbox.nextExpiry! <= expires_at);
  }
}

const only = process.env["SEED"];
const SEEDS = only === undefined ? Array.from({ length: 15 }, (_, seed) => seed) : [Number(only)];

function assertHolds(seed: number): void {
  const model = new Model(seed);
  for (let step = 0; step < 80; step++) model.step();
}

test.each(SEEDS)("SEED=%d", (seed) => assertHolds(seed));
