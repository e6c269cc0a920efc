/** A JWKS URL on a real local HTTP server, which counts what is asked of it. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface JwksServer extends AsyncDisposable {
  url: string;
  /** Requests so far. */
  fetches: number;
  /** What it answers from now on: JSON, or whatever a function does with the response. */
  answer: object | ((response: ServerResponse) => void);
}

export async function startJwksServer(answer: JwksServer["answer"]): Promise<JwksServer> {
  const http = createServer((_, response) => {
    server.fetches++;
    if (typeof server.answer === "function") return server.answer(response);
    response.setHeader("content-type", "application/json").end(JSON.stringify(server.answer));
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const server: JwksServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/keys`,
    fetches: 0,
    answer,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => http.close(resolve));
      http.closeAllConnections();
      await closed;
    },
  };
  return server;
}
