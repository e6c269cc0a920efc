/** The client of the e2e tests must itself take a refusal for one, whatever type it comes as. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { WebSocketServer } from "ws";
import {
  errorMessage,
  nodeNotRegisteredMessage,
  sessionUnauthorizedMessage,
  welcomeMessage,
} from "../../../src/protocol/frames.ts";
import { V1Client } from "../../support/v1-client.ts";

/** An edge that answers both steps of connecting, and each message with `answer`. */
async function fakeEdge(answer: (id: string) => string) {
  const http = createServer((_, response) => {
    response.end(JSON.stringify({ ws_url: `ws${url.slice("http".length)}/connectV3`, validation_key: "once" }));
  });
  const sockets = new WebSocketServer({ server: http, handleProtocols: () => "allspark.v1" });
  sockets.on("connection", (socket) => {
    socket.send(welcomeMessage({ node_id: "a", connection_id: "c", epoch: "e", seq: 0, server_time: 1 }));
    socket.on("message", (data: Buffer) => socket.send(answer((JSON.parse(data.toString()) as { id: string }).id)));
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return {
    url,
    async [Symbol.asyncDispose]() {
      sockets.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

test.each([
  ["-1", "INBOX_FULL", (id: string) => errorMessage("INBOX_FULL", undefined, id)],
  ["-3", "NODE_NOT_REGISTERED", (id: string) => nodeNotRegisteredMessage("b", id)],
  ["-5", "SESSION_UNAUTHORIZED", (id: string) => sessionUnauthorizedMessage("s", id)],
])("a %s settles the message that it names", async (_type, code, answer) => {
  await using edge = await fakeEdge(answer);
  const client = await V1Client.connect({ url: edge.url, key: "key" });
  client.send({ id: "m", dest_session_id: "s", type: 1 });
  await client.settled(2_000);
  expect([...client.refused]).toEqual([["m", code]]);
  expect(client.errors).toMatchObject([{ code, id: "m" }]);
  expect(client.acked.size).toBe(0);
  await client.close();
});
