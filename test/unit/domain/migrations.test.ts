/** The schema of each object's storage, and how it gets there. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { migrate, type Migration } from "../../../src/durable/sql/migrate.ts";
import { PushStore } from "../../../src/durable/sql/push-store.ts";
import { SqlNodeSessionStore } from "../../../src/durable/sql/node-session-store.ts";
import { SqlMemberStore } from "../../../src/durable/sql/session-store.ts";
import { MemoryStorage, nodeStorage, readMigrations, sessionStorage } from "../../support/sql-storage.ts";

const SCRIPTS: Migration[] = [
  { version: 1, name: "0001_first", sql: "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1);" },
  {
    version: 2,
    name: "0002_second",
    sql: "ALTER TABLE a ADD COLUMN y TEXT NOT NULL DEFAULT 'new';\nCREATE TABLE b (z);",
  },
];

const BROKEN: Migration = {
  version: 3,
  name: "0003_broken",
  sql: "CREATE TABLE c (x); INSERT INTO nowhere VALUES (1);",
};

/** It needs escaping in JSON. */
const OWNER = 'the "owner"';

function tables(storage: MemoryStorage): string[] {
  const rows = storage.sql.exec<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
  return rows.toArray().map(({ name }) => name);
}

function applied(storage: MemoryStorage): unknown[] {
  return storage.sql.exec("SELECT version, name, applied_at FROM schema_migrations ORDER BY version").toArray();
}

/** Columns, keys and defaults as SQLite understands them, one line each. */
function schema(storage: MemoryStorage): Record<string, string[]> {
  return Object.fromEntries(
    tables(storage).map((table) => [
      table,
      storage.sql
        .exec<{ name: string; type: string; notnull: number; dflt_value: string | null; pk: number }>(
          `PRAGMA table_info(${table})`,
        )
        .toArray()
        .map(({ name, type, notnull, dflt_value, pk }) =>
          [name, type, pk > 0 && "KEY", notnull && "NOT NULL", dflt_value !== null && `= ${dflt_value}`]
            .filter(Boolean)
            .join(" "),
        ),
    ]),
  );
}

test.each(["node", "client", "session"] as const)(
  "the manifest of %s lists its folder, in order, and nothing else",
  (folder) => {
    // Node cannot import .sql, so the list is read as text.
    const manifest = readFileSync(new URL("../../../src/durable/sql/manifest.ts", import.meta.url), "utf8");
    const files = readMigrations(folder);
    expect(files.length).toBeGreaterThan(0);
    expect(files.map(({ version, name }) => [version, /^\d{4}_[a-z0-9_]+$/.test(name)])).toEqual(
      files.map((_, i) => [i + 1, true]),
    );
    const imported = new Map(
      [...manifest.matchAll(/import (\w+) from "\.\.\/\.\.\/\.\.\/migrations\/(\w+)\/(\w+)\.sql";/g)].map(
        ([, variable, from, name]) => [variable, `${from}/${name}`],
      ),
    );
    const list = manifest.match(new RegExp(`${folder.toUpperCase()}_MIGRATIONS[^=]*= \\[(.*?)\\];`, "s"))?.[1] ?? "";
    const listed = [...list.matchAll(/\{\s*version: (\d+),\s*name: "(\w+)",\s*sql: (\w+),?\s*\}/g)].map(
      ([, version, name, variable]) => ({ version: Number(version), name, from: imported.get(variable!) }),
    );
    expect(listed).toEqual(files.map(({ version, name }) => ({ version, name, from: `${folder}/${name}` })));
  },
);

/**
 * Migrations are append-only. Where this fails because a script was added, add what it changes here; where it fails
 * because one was edited, put the script back and write a new one.
 */
test("the schema of a node", () => {
  expect(schema(nodeStorage())).toEqual({
    collapse: ["key TEXT KEY NOT NULL", "seq INTEGER NOT NULL"],
    gap: ["from_seq INTEGER KEY", "to_seq INTEGER NOT NULL", "reason TEXT NOT NULL"],
    inbox: [
      "id INTEGER KEY",
      "seq_to INTEGER NOT NULL",
      "count INTEGER NOT NULL",
      "bytes INTEGER NOT NULL",
      "expires_at INTEGER NOT NULL",
      "messages TEXT NOT NULL",
    ],
    node: [
      "one INTEGER KEY",
      "node_id TEXT NOT NULL",
      "epoch TEXT NOT NULL",
      "seq_reserved INTEGER NOT NULL = 0",
      "client_id TEXT",
      "client_registered TEXT",
      "addr TEXT",
      "gcm_key TEXT",
      "is_app_node INTEGER NOT NULL = 0",
      "first_seen_at INTEGER",
      "revoked_at INTEGER",
      "read_seq INTEGER NOT NULL = 0",
      "shared_to INTEGER NOT NULL = 0",
    ],
    node_session: [
      "session_id TEXT KEY NOT NULL",
      "watched INTEGER NOT NULL = 0",
      "told_online INTEGER NOT NULL = 0",
      "unread_from INTEGER",
      "by_another INTEGER NOT NULL = 0",
      "told_wakes INTEGER NOT NULL = 0",
    ],
    push: [
      "one INTEGER KEY",
      "due_at INTEGER",
      "pushed_at INTEGER NOT NULL",
      "pushed_to INTEGER NOT NULL",
      "online INTEGER NOT NULL",
    ],
    push_job: ["one INTEGER KEY", "job TEXT NOT NULL"],
    push_session: ["session_id TEXT KEY NOT NULL", "waiting TEXT NOT NULL", "pushed INTEGER NOT NULL = 0"],
    push_target: ["id TEXT KEY NOT NULL", "target TEXT NOT NULL", "added_at INTEGER NOT NULL"],
    schema_migrations: ["version INTEGER KEY", "name TEXT NOT NULL", "applied_at INTEGER NOT NULL"],
    used_validation_key: ["id TEXT KEY NOT NULL", "expires_at INTEGER NOT NULL"],
  });
});

test("the schema of a client", () => {
  const storage = new MemoryStorage();
  migrate(storage, readMigrations("client"), 0);
  expect(schema(storage)).toEqual({
    client_node: ["node_id TEXT KEY NOT NULL", "added_at INTEGER NOT NULL"],
    schema_migrations: ["version INTEGER KEY", "name TEXT NOT NULL", "applied_at INTEGER NOT NULL"],
  });
});

test("the schema of a session", () => {
  expect(schema(sessionStorage())).toEqual({
    log: [
      "id INTEGER KEY",
      "seq_to INTEGER NOT NULL",
      "count INTEGER NOT NULL",
      "bytes INTEGER NOT NULL",
      "written_at INTEGER NOT NULL",
      "messages TEXT NOT NULL",
    ],
    member: [
      "node_id TEXT KEY NOT NULL",
      "position INTEGER NOT NULL",
      "joined_at INTEGER NOT NULL",
      "anonymous_id TEXT",
      "revealed INTEGER NOT NULL = 0",
      "behind_from INTEGER",
      "told INTEGER NOT NULL = 1",
      "online INTEGER NOT NULL = 0",
      "offline_since INTEGER",
      "deposed INTEGER NOT NULL = 0",
      "added_by TEXT",
      "wakes INTEGER NOT NULL = 0",
    ],
    notice: ["seq INTEGER KEY", "notice TEXT NOT NULL"],
    schema_migrations: ["version INTEGER KEY", "name TEXT NOT NULL", "applied_at INTEGER NOT NULL"],
    session: [
      "one INTEGER KEY",
      "session_id TEXT NOT NULL",
      "seq_reserved INTEGER NOT NULL = 0",
      "trimmed_to INTEGER NOT NULL = 0",
      "trimmed_why TEXT NOT NULL = 'cap'",
      "facts TEXT NOT NULL",
      "owner_hidden INTEGER NOT NULL = 1",
    ],
    state: [
      "one INTEGER KEY",
      "version INTEGER NOT NULL",
      "fencing_number INTEGER NOT NULL",
      "written_at INTEGER NOT NULL",
      "state TEXT NOT NULL",
    ],
  });
});

test("a node from before there were sessions gets a place for them, and keeps what it has", () => {
  const storage = new MemoryStorage();
  const scripts = readMigrations("node");
  migrate(storage, scripts.slice(0, 1), 5);
  storage.sql.exec("INSERT INTO node (one, node_id, epoch) VALUES (1, ?, ?)", "a", "e");
  storage.sql.exec("INSERT INTO gap VALUES (?, ?, ?)", 3, 4, "ttl");
  migrate(storage, scripts, 6);
  expect(storage.sql.exec("SELECT node_id, epoch FROM node").toArray()).toEqual([{ node_id: "a", epoch: "e" }]);
  expect(storage.sql.exec("SELECT * FROM gap").toArray()).toEqual([{ from_seq: 3, to_seq: 4, reason: "ttl" }]);
  expect(storage.sql.exec("SELECT * FROM node_session").toArray()).toEqual([]);
});

test("sessions of a node from before it was noted who added it count as its own", () => {
  const storage = new MemoryStorage();
  const scripts = readMigrations("node");
  migrate(storage, scripts.slice(0, 2), 5);
  storage.sql.exec("INSERT INTO node_session VALUES (?, 1, 0, ?)", "s", 7);
  migrate(storage, scripts, 6);
  expect(new SqlNodeSessionStore(storage).all()).toEqual([
    { sessionId: "s", watched: true, toldOnline: false, unreadFrom: 7, byAnother: false, toldWakes: false },
  ]);
});

test("a registration token from before there were push targets becomes one", () => {
  const storage = new MemoryStorage();
  const scripts = readMigrations("node");
  migrate(storage, scripts.slice(0, 4), 5);
  const token = 'a "token"';
  storage.sql.exec("INSERT INTO node (one, node_id, epoch, gcm_key, first_seen_at) VALUES (1, 'a', 'e', ?, 4)", token);
  migrate(storage, scripts, 6);
  expect(new PushStore(storage).targets()).toEqual([{ id: "gcm_key", target: { kind: "fcm", token }, addedAt: 4 }]);
});

test("members from before a node could be woken want no wakes, and code from then goes on with them", () => {
  const storage = new MemoryStorage();
  const scripts = readMigrations("session");
  migrate(storage, scripts.slice(0, 3), 5);
  // As that code wrote them.
  const write = `INSERT OR REPLACE INTO member
    (node_id, position, joined_at, anonymous_id, revealed, behind_from, told, online, offline_since, deposed, added_by)
    VALUES (?, 1, 2, NULL, 0, 3, 1, 0, NULL, 0, NULL)`;
  storage.sql.exec(write, "a");
  migrate(storage, scripts, 6);
  const members = () => new SqlMemberStore(storage).all();
  expect(members()).toMatchObject([{ nodeId: "a", behindFrom: 3, wakes: false }]);
  new SqlMemberStore(storage).put({ ...members()[0]!, wakes: true });
  expect(members()).toMatchObject([{ nodeId: "a", wakes: true, wakeFrom: 0 }]);
  storage.sql.exec(write, "a");
  expect(members()).toMatchObject([{ nodeId: "a", behindFrom: 3, wakes: false }]);
});

test("sessions of a node from before it could be woken were told nothing of it, and code from then goes on with them", () => {
  const storage = new MemoryStorage();
  const scripts = readMigrations("node");
  migrate(storage, scripts.slice(0, 3), 5);
  const write = `INSERT OR REPLACE INTO node_session (session_id, watched, told_online, unread_from, by_another)
    VALUES (?, 0, 0, 7, 0)`;
  storage.sql.exec(write, "s");
  migrate(storage, scripts, 6);
  const sessions = () => new SqlNodeSessionStore(storage).all();
  expect(sessions()).toMatchObject([{ unreadFrom: 7, toldWakes: false }]);
  new SqlNodeSessionStore(storage).put({ ...sessions()[0]!, toldWakes: true });
  expect(sessions()).toMatchObject([{ toldWakes: true }]);
  storage.sql.exec(write, "s");
  expect(sessions()).toMatchObject([{ unreadFrom: 7, toldWakes: false }]);
});

test.each([
  ["a known member", 0, [OWNER, null, 0]],
  ["a member that has revealed itself", 0, [OWNER, "mask", 1]],
  ["an anonymous member", 1, [OWNER, "mask", 0]],
  ["no member, while others are", 1, ["other", null, 0]],
])("in a session from before it was noted, an owner that is %s counts as hidden: %d", (_, hidden, member) => {
  const storage = new MemoryStorage();
  const scripts = readMigrations("session");
  migrate(storage, scripts.slice(0, 1), 5);
  const facts = JSON.stringify({ sessionId: "s", ownerId: OWNER });
  storage.sql.exec("INSERT INTO session (one, session_id, facts) VALUES (1, ?, ?)", "s", facts);
  storage.sql.exec(
    "INSERT INTO member (node_id, position, joined_at, anonymous_id, revealed) VALUES (?, 1, 2, ?, ?)",
    ...member,
  );
  migrate(storage, scripts, 6);
  expect(storage.sql.exec("SELECT facts, owner_hidden FROM session").toArray()).toEqual([
    { facts, owner_hidden: hidden },
  ]);
  expect(storage.sql.exec("SELECT node_id, joined_at, added_by FROM member").toArray()).toEqual([
    { node_id: member[0], joined_at: 2, added_by: null },
  ]);
});

test.each([
  ["node", nodeStorage],
  ["session", sessionStorage],
])("no table of a %s has a second index: each would be a row written more", (_, storage) => {
  const indexes = storage().sql.exec("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL");
  expect(indexes.toArray()).toEqual([]);
});

test("scripts are applied once, in order, and noted", () => {
  const storage = new MemoryStorage();
  migrate(storage, SCRIPTS, 5);
  migrate(storage, SCRIPTS, 6);
  expect(applied(storage)).toEqual([
    { version: 1, name: "0001_first", applied_at: 5 },
    { version: 2, name: "0002_second", applied_at: 5 },
  ]);
  expect(storage.sql.exec("SELECT * FROM a").toArray()).toEqual([{ x: 1, y: "new" }]);
});

test("a database of an older version gets what is missing, and keeps its rows", () => {
  const storage = new MemoryStorage();
  migrate(storage, SCRIPTS.slice(0, 1), 5);
  storage.sql.exec("INSERT INTO a VALUES (?)", 2);
  migrate(storage, SCRIPTS, 6);
  expect(applied(storage)).toMatchObject([{ applied_at: 5 }, { applied_at: 6 }]);
  expect(storage.sql.exec("SELECT * FROM a").toArray()).toEqual([
    { x: 1, y: "new" },
    { x: 2, y: "new" },
  ]);
});

test("a script that fails undoes everything of this run, tables included", () => {
  const fresh = new MemoryStorage();
  expect(() => migrate(fresh, [...SCRIPTS, BROKEN], 5)).toThrow("nowhere");
  expect(tables(fresh)).toEqual([]);
  const older = new MemoryStorage();
  migrate(older, SCRIPTS.slice(0, 1), 5);
  expect(() => migrate(older, [...SCRIPTS, BROKEN], 6)).toThrow("nowhere");
  expect(tables(older)).toEqual(["a", "schema_migrations"]);
  expect(applied(older)).toHaveLength(1);
  migrate(older, SCRIPTS, 7);
  expect(applied(older)).toHaveLength(2);
});

test("a database migrated by other scripts than these is refused, and left alone", () => {
  const storage = new MemoryStorage();
  migrate(storage, SCRIPTS, 5);
  const edited = [SCRIPTS[0]!, { ...SCRIPTS[1]!, name: "0002_other" }, BROKEN];
  expect(() => migrate(storage, edited, 6)).toThrow(
    "migration 2 of this object is 0002_second, the code has 0002_other in its place",
  );
  expect(() => migrate(storage, SCRIPTS.toReversed(), 6)).toThrow("migration 1 of this object");
  expect(applied(storage)).toHaveLength(2);
});

test("a database that is ahead of the code is left alone", () => {
  const storage = new MemoryStorage();
  migrate(storage, SCRIPTS, 5);
  migrate(storage, SCRIPTS.slice(0, 1), 6);
  expect(applied(storage)).toHaveLength(2);
  expect(tables(storage)).toEqual(["a", "b", "schema_migrations"]);
});
