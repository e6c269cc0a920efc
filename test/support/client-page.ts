/** What runs in the browser of the client library's tests: an app that keeps what it got where a reload does not reach it. */
import { Allspark, type ClientStore } from "../../src/client/index.ts";
import { indexedDbStore } from "../../src/client/storage/indexed-db.ts";
import { localStorageStore } from "../../src/client/storage/local-storage.ts";

interface Page {
  /** Given by the test: a key for a node. */
  authKey(node: string): Promise<string>;
  run(url: string, node: string, kind: "localStorage" | "indexedDB"): Promise<void>;
  allspark: Allspark;
  received(): string[];
  states: string[];
  /** Sends without waiting; kept by the store until acked. */
  sendMany(to: string, from: number, count: number): void;
}

const page = globalThis as unknown as Page;
const RECEIVED = "the app's own";

page.states = [];
page.received = () => JSON.parse(localStorage.getItem(RECEIVED) ?? "[]") as string[];

page.run = async (url, node, kind) => {
  const storage: ClientStore = kind === "localStorage" ? localStorageStore(node) : indexedDbStore(node);
  page.allspark = new Allspark({
    url,
    authKey: () => page.authKey(node),
    storage,
    reconnectBaseMs: 100,
    reconnectCapMs: 1_000,
  });
  page.allspark.on("status", ({ state }) => page.states.push(state));
  page.allspark.on("message", ({ payload }) => {
    localStorage.setItem(RECEIVED, JSON.stringify([...page.received(), String(payload)]));
  });
  await page.allspark.connect();
};

page.sendMany = (to, from, count) => {
  for (let i = from; i < from + count; i++) void page.allspark.send({ to, payload: i }).catch(() => {});
};
