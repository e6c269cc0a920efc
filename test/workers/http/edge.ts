/** Requests to the Worker as it is configured, or with other settings or bindings, and the keys to make them with. */
import { createExecutionContext } from "cloudflare:test";
import { env as boundEnv, exports } from "cloudflare:workers";
import { expect } from "vitest";
import type { NodeRpc } from "../../../src/durable/rpc.ts";
import type { Env } from "../../../src/env.ts";
import { type AuthKeyRequest, mintAuthKey } from "../../../src/http/auth/mint.ts";
import { ERRORS, type ErrorCode } from "../../../src/protocol/errors.ts";
import worker from "../../../src/worker.ts";

export const env = boundEnv as unknown as Env;
export const ORIGIN = "http://edge.test:8787";

/** Ids are random: storage is shared by the tests of a file. */
export const newId = (name = "node"): string => `${name}-${crypto.randomUUID()}`;

/** A key that the edge takes, made `ageMs` ago. */
export function authKey(nodeId: string, request: Partial<AuthKeyRequest> = {}, ageMs = 0): Promise<string> {
  const secret = String(env.ALLSPARK_SECRETS).split(",")[0]!.trim();
  return mintAuthKey({ nodeId, format: "jwt", ...request }, secret, Date.now() - ageMs);
}

export const appKey = (): Promise<string> => authKey(newId("app"), { app: true });

export const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });

/** Through the default export of the Worker under test; with `changes`, through the same code on a changed env. */
export function call(path: string, init: RequestInit = {}, changes?: Partial<Env>): Promise<Response> {
  const request = new Request(new URL(path, ORIGIN), init) as Request<unknown, IncomingRequestCfProperties>;
  if (changes === undefined) return (exports as unknown as { default: Fetcher }).default.fetch(request);
  return Promise.resolve(worker.fetch(request, { ...env, ...changes }, createExecutionContext()));
}

export function postJson(path: string, key: string, body: unknown, changes?: Partial<Env>): Promise<Response> {
  const headers = { ...bearer(key), "content-type": "application/json" };
  return call(path, { method: "POST", headers, body: JSON.stringify(body) }, changes);
}

export function upgrade(path: string, headers: Record<string, string> = {}, changes?: Partial<Env>): Promise<Response> {
  return call(path, { headers: { upgrade: "websocket", ...headers } }, changes);
}

/** Asserts the status and shape of an error answer; answers its message. */
export async function expectError(response: Response, code: ErrorCode): Promise<string> {
  const body = await response.json<{ error: { code: string; message: string; temporary: boolean } }>();
  expect(body).toEqual({ error: { code, message: expect.any(String), temporary: ERRORS[code].temporary } });
  expect(response.status).toBe(ERRORS[code].http);
  return body.error.message;
}

/** A NODE binding whose every object is `rpc`, to see what the Worker asks of it, or to have it fail. */
export function nodesAs(rpc: Partial<NodeRpc> & { fetch?: (request: Request) => Promise<Response> }): Partial<Env> {
  const node = { admit: async () => ({ ok: true }), ...rpc };
  return { NODE: { getByName: () => node } as unknown as Env["NODE"] };
}

export interface PreConnection {
  node_id: string;
  cluster_id: string;
  addr: string;
  port: number;
  ssl_enabled: boolean;
  proxy_80_port: number | null;
  ws_url: string;
  validation_key: string;
  validation_expires_at: number;
  server_time: number;
}

export async function preConnect(key: string): Promise<PreConnection> {
  const response = await call("/v1/connections", { method: "POST", headers: bearer(key) });
  expect(response.status).toBe(200);
  return response.json<PreConnection>();
}

/** Frames and close code of a socket that the edge closes by itself. */
export function untilClosed(socket: WebSocket): Promise<{ frames: string[]; code: number }> {
  const frames: string[] = [];
  socket.addEventListener("message", ({ data }) => void frames.push(String(data)));
  const closed = new Promise<{ frames: string[]; code: number }>((resolve) => {
    socket.addEventListener("close", ({ code }) => resolve({ frames, code }));
  });
  socket.accept();
  return closed;
}
