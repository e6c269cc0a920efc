/**
 * The HTTP side of a push service's double: a real server that hands each call to `answer`, which checks it as the
 * service documents it, and that can be told to fail. What a check throws is answered 400 and kept in `faults`, which
 * tests assert to be empty.
 */
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** One request, as it came. */
export interface Call {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** ms. */
  at: number;
}

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** How a call goes wrong: an answer in place of the service's, no answer for so many ms (then the service's), or a cut connection. */
export type Failure = Answer | { slowMs: number } | "reset";

export interface Double {
  /** http://127.0.0.1:port, without a slash at the end. */
  url: string;
  /** Every call, failed ones too, in the order of arrival. */
  calls: Call[];
  /** What was wrong with calls. */
  faults: string[];
  /** How the next calls fail, one each; after them all is well. */
  failNext(...failures: Failure[]): void;
  /** Every call fails so until this is called with undefined. */
  failAll(failure: Failure | undefined): void;
  /** Resolves when there are so many calls; rejects after `withinMs` (10 s). */
  untilCalls(count: number, withinMs?: number): Promise<void>;
  close(): Promise<void>;
}

const WAIT_MS = 10_000;

/** Starts it on a free port, or on `port`. `answer` throws an Error with what is wrong with a call. */
export async function startDouble(answer: (call: Call) => Answer | Promise<Answer>, port = 0): Promise<Double> {
  const calls: Call[] = [];
  const faults: string[] = [];
  const next: Failure[] = [];
  let all: Failure | undefined;
  const waiting = new Set<() => void>();

  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", () => undefined);
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const call: Call = { method, path: url, headers, body: Buffer.concat(chunks), at: Date.now() };
      calls.push(call);
      for (const look of waiting) look();
      const failure = next.shift() ?? all;
      if (failure === "reset") return void request.socket.resetAndDestroy();
      const give = ({ status, headers: more, body }: Answer): void => {
        const text = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
        response.writeHead(status, { "content-type": "application/json", ...more }).end(text);
      };
      const well = async (): Promise<void> => {
        try {
          give(await answer(call));
        } catch (error) {
          faults.push((error as Error).message);
          give({ status: 400, body: { error: (error as Error).message } });
        }
      };
      if (failure === undefined) void well();
      else if ("slowMs" in failure) setTimeout(() => void well(), failure.slowMs).unref();
      else give(failure);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    faults,
    failNext: (...failures) => void next.push(...failures),
    failAll: (failure) => void (all = failure),
    untilCalls: (count, withinMs = WAIT_MS) =>
      new Promise((resolve, reject) => {
        const end = (): void => {
          clearTimeout(timer);
          waiting.delete(look);
        };
        const look = (): void => {
          if (calls.length < count) return;
          end();
          resolve();
        };
        const timer = setTimeout(() => {
          end();
          reject(new Error(`${calls.length} calls within ${withinMs} ms, not ${count}; faults: ${faults.join("; ")}`));
        }, withinMs);
        waiting.add(look);
        look();
      }),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
