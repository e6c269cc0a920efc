/** The client library, as it is built, inside workerd: a Worker that is a node itself, here on the edge of the same test. */
import { Allspark, type IncomingMessage, type WebSocketLike } from "allspark/client";
import { memoryStore } from "allspark/client/storage";
import { expect, test } from "vitest";
import { authKey, call, newId, ORIGIN, upgrade } from "../http/edge.ts";

/** No socket of workerd leads into the Worker under test: this one is made of its answer to an upgrade. */
class SocketOfFetch implements WebSocketLike {
  onopen: WebSocketLike["onopen"] = null;
  onmessage: WebSocketLike["onmessage"] = null;
  onclose: WebSocketLike["onclose"] = null;
  onerror: WebSocketLike["onerror"] = null;
  #socket: WebSocket | undefined;

  constructor(url: string, protocols: string[] = []) {
    void this.#open(url.replace(/^ws/, "http"), protocols);
  }

  async #open(url: string, protocols: string[]): Promise<void> {
    const { webSocket } = await upgrade(url, { "sec-websocket-protocol": protocols.join(", ") });
    if (webSocket === null) {
      this.onclose?.({ code: 1006, reason: "" } as never);
      return;
    }
    this.#socket = webSocket;
    webSocket.addEventListener("message", (event) => this.onmessage?.(event as never));
    webSocket.addEventListener("close", (event) => this.onclose?.(event as never));
    webSocket.accept();
  }

  send(data: string): void {
    this.#socket?.send(data);
  }

  close(code?: number, reason?: string): void {
    this.#socket?.close(code, reason);
  }
}

async function client(nodeId: string): Promise<Allspark> {
  const key = await authKey(nodeId);
  const fetch = (input: unknown, init?: RequestInit) => call(input as string, init);
  return new Allspark({ url: ORIGIN, authKey: key, fetch, WebSocket: SocketOfFetch, storage: memoryStore() });
}

test("connects, sends and receives", async () => {
  const [alice, bob] = [await client(newId()), await client(newId())];
  const received = new Promise<IncomingMessage>((resolve) => bob.on("message", resolve));
  await Promise.all([alice.connect(), bob.connect()]);
  expect(await alice.send({ to: bob.nodeId!, payload: { text: "hello" } })).toMatchObject({ status: "delivered" });
  expect(await received).toMatchObject({ from: alice.nodeId, payload: { text: "hello" } });
  await Promise.all([alice.close(), bob.close()]);
});

test("makes sessions and reads inboxes over HTTP, without a socket", async () => {
  const alice = await client(newId());
  const { sessionId, members } = await alice.sessions.create({ anyoneCanJoin: true });
  expect(members).toHaveLength(1);
  expect((await alice.sessions.info(sessionId)).anyoneCanJoin).toBe(true);
  expect(await alice.sessions.close(sessionId)).toBe(1);
});

test("takes workerd's own fetch and WebSocket where none are given", () => {
  expect(new Allspark({ url: ORIGIN, authKey: "key" }).status).toEqual({ state: "idle" });
});
