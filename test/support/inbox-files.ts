/** Looks into the storage of a stopped edge, past everything that the edge says of itself. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export interface InboxFiles {
  /** Databases that have an inbox table. */
  databases: number;
  /** Rows of all inbox tables together. */
  rows: number;
}

/** Counts the rows of every table with "inbox" in its name, in every SQLite file below `directory`. */
export async function readInboxFiles(directory: string): Promise<InboxFiles> {
  const found: InboxFiles = { databases: 0, rows: 0 };
  for (const entry of await readdir(directory, { recursive: true })) {
    if (!entry.endsWith(".sqlite")) continue;
    const database = new DatabaseSync(join(directory, entry));
    try {
      const tables = database
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE '%inbox%'")
        .all();
      if (tables.length > 0) found.databases += 1;
      for (const { name } of tables) {
        const row = database.prepare(`SELECT count(*) AS rows FROM "${String(name)}"`).get();
        found.rows += Number(row?.rows);
      }
    } finally {
      database.close();
    }
  }
  return found;
}
