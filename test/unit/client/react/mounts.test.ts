/** A provider's client under mounts that are undone at once, as StrictMode and fast refreshes do. */
import { expect, test } from "vitest";
import { Allspark, type ClientStore } from "../../../../src/client/index.ts";
import { ProvidedClient } from "../../../../src/client/react/provided-client.ts";

/** A client that never gets an answer, and what it did to its store and its key. */
function lonelyClient(store: Partial<ClientStore> = {}): { provided: ProvidedClient; done: string[] } {
  const done: string[] = [];
  const storage: ClientStore = {
    load: () => {
      done.push("load");
      return new Map();
    },
    write: () => {},
    close: () => void done.push("close"),
    ...store,
  };
  const authKey = () => {
    done.push("key");
    return "key";
  };
  const fetch = () => new Promise<Response>(() => {});
  return { provided: new ProvidedClient(new Allspark({ url: "http://edge.example", authKey, storage, fetch })), done };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("a mount that is undone and made anew at once is one", async () => {
  const { provided, done } = lonelyClient();
  provided.mount()();
  const unmount = provided.mount();
  await settled();
  expect(done).toEqual(["load", "key"]);
  expect(provided.allspark.status.state).toBe("connecting");
  unmount();
  await settled();
  expect(done).toEqual(["load", "key", "close"]);
  expect(provided.allspark.status.state).toBe("closed");
});

test("the client closes with the last of several mounts", async () => {
  const { provided } = lonelyClient();
  const [first, second] = [provided.mount(), provided.mount()];
  first();
  await settled();
  expect(provided.allspark.status.state).toBe("connecting");
  second();
  await settled();
  expect(provided.allspark.status.state).toBe("closed");
});

test("a store that is still closing is not opened before it is closed", async () => {
  let finish = () => {};
  const order: string[] = [];
  const { provided } = lonelyClient({
    load: () => {
      order.push("load");
      return new Map();
    },
    close: () =>
      new Promise<void>((resolve) => {
        finish = () => {
          order.push("closed");
          resolve();
        };
      }),
  });
  const unmount = provided.mount();
  await settled();
  unmount();
  await settled();
  provided.mount();
  await settled();
  expect(order).toEqual(["load"]);
  finish();
  await settled();
  expect(order).toEqual(["load", "closed", "load"]);
  expect(provided.allspark.status.state).toBe("connecting");
});

test("a provider that is gone before its store is open does not connect", async () => {
  let opened = () => {};
  const { provided, done } = lonelyClient({
    load: () => new Promise((resolve) => (opened = () => resolve(new Map()))),
  });
  const unmount = provided.mount();
  await settled();
  unmount();
  await settled();
  opened();
  await settled();
  expect(done).toEqual(["close"]);
  expect(provided.allspark.status.state).toBe("closed");
});

test("what keeps it from connecting is the client's status, and no unhandled rejection", async () => {
  const { provided } = lonelyClient({
    load: () => {
      throw new Error("the disk is full");
    },
  });
  provided.mount();
  await settled();
  expect(provided.allspark.status).toMatchObject({ state: "failed", error: { code: "STORAGE" } });
});
