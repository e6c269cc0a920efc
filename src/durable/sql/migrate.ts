/** Brings an object's SQLite database to the schema of this code. */

export interface Migration {
  version: number;
  name: string;
  sql: string;
}

/**
 * Applies what is missing of the manifest, in one transaction that rolls back whole when a script
 * fails. Synchronous, so a constructor can call it without blocking. Throws where the database was
 * migrated by other scripts than these; a database that is ahead (the code was rolled back) is left
 * alone, so every script must leave a schema that the code before it can use.
 */
export function migrate(storage: DurableObjectStorage, manifest: readonly Migration[], now: number): void {
  storage.transactionSync(() => {
    const { sql } = storage;
    sql.exec(
      "CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL)",
    );
    const applied = sql.exec<{ name: string }>("SELECT name FROM schema_migrations ORDER BY version").toArray();
    applied.forEach(({ name }, i) => {
      const expected = manifest[i]?.name;
      if (expected !== undefined && expected !== name) {
        throw new Error(`migration ${i + 1} of this object is ${name}, the code has ${expected} in its place`);
      }
    });
    for (const { version, name, sql: script } of manifest.slice(applied.length)) {
      sql.exec(script);
      sql.exec("INSERT INTO schema_migrations VALUES (?, ?, ?)", version, name, now);
    }
  });
}
