/**
 * SQLite in memory, behind the part of DurableObjectStorage that src/durable/sql uses, so that the stores and the
 * domain over them run in Node on real SQL and the real migrations.
 */
import { readdirSync, readFileSync } from "node:fs";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { migrate, type Migration } from "../../src/durable/sql/migrate.ts";

declare global {
  // Node has no Workers types: this is all that the stores need of them.
  interface SqlStorage {
    exec<T extends Record<string, unknown> = Record<string, unknown>>(
      query: string,
      ...bindings: unknown[]
    ): { toArray(): T[]; one(): T };
  }
  interface DurableObjectStorage {
    readonly sql: SqlStorage;
    transactionSync<T>(callback: () => T): T;
  }
}

const MIGRATIONS = new URL("../../migrations/", import.meta.url);

/** The scripts of a migrations folder, oldest first, as the manifest should list them. */
export function readMigrations(folder: "node" | "client" | "session"): Migration[] {
  const files = readdirSync(new URL(folder, MIGRATIONS)).toSorted();
  return files.map((file) => ({
    version: Number.parseInt(file, 10),
    name: file.replace(/\.sql$/, ""),
    sql: readFileSync(new URL(`${folder}/${file}`, MIGRATIONS), "utf8"),
  }));
}

export class MemoryStorage implements DurableObjectStorage {
  readonly #database = new DatabaseSync(":memory:");
  #depth = 0;

  readonly sql: SqlStorage = {
    exec: <T extends Record<string, unknown>>(query: string, ...bindings: unknown[]) => {
      const rows = this.#run(query, bindings) as T[];
      return {
        toArray: () => rows,
        one: () => {
          if (rows.length !== 1) throw new Error(`expected one row, got ${rows.length}`);
          return rows[0]!;
        },
      };
    },
  };

  /** Commits when the callback returns, undoes all that it wrote when it throws; may be nested, as on the platform. */
  transactionSync<T>(callback: () => T): T {
    const name = `nested_${this.#depth++}`;
    this.#database.exec(`SAVEPOINT ${name}`);
    try {
      const result = callback();
      this.#database.exec(`RELEASE ${name}`);
      return result;
    } catch (error) {
      this.#database.exec(`ROLLBACK TO ${name}; RELEASE ${name}`);
      throw error;
    } finally {
      this.#depth--;
    }
  }

  #run(query: string, bindings: unknown[]): Record<string, unknown>[] {
    if (bindings.length > 0 || !query.trimEnd().slice(0, -1).includes(";")) {
      // Runs at once, as on the platform, and answers rows as plain objects.
      const rows = this.#database.prepare(query).all(...(bindings as SQLInputValue[]));
      return rows.map((row) => ({ ...row }));
    }
    // A script of several statements answers nothing that the stores read.
    this.#database.exec(query);
    return [];
  }
}

/** A fresh database with the schema of a node. */
export function nodeStorage(): MemoryStorage {
  const storage = new MemoryStorage();
  migrate(storage, readMigrations("node"), 0);
  return storage;
}

/** A fresh database with the schema of a session. */
export function sessionStorage(): MemoryStorage {
  const storage = new MemoryStorage();
  migrate(storage, readMigrations("session"), 0);
  return storage;
}
