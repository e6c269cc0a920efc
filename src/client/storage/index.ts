/**
 * Stores for the client library, `allspark/client/storage`: an app pays only for the one it takes. The one of Node, Deno and Bun is
 * `allspark/client/file-store`.
 * @module
 */
export { indexedDbStore } from "./indexed-db.ts";
export { localStorageStore } from "./local-storage.ts";
export { memoryStore } from "./memory.ts";
