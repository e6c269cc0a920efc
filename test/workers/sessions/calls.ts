/** What is asked of sessions over HTTP, by whom, and what their objects hold. */
import { expect } from "vitest";
import type { Membership } from "../../../src/durable/session-rpc.ts";
import type { SessionInfo } from "../../../src/protocol/session-info.ts";
import { evictDurableObject } from "cloudflare:test";
import { authKey, bearer, call, env, newId } from "../http/edge.ts";
import { query } from "../delivery/storage.ts";

/** A node that calls, with an app node's key or its own. */
export interface Who {
  nodeId: string;
  app?: boolean;
}

export const app = (): Who => ({ nodeId: newId("app"), app: true });

/** A call with a JSON body, where there is one. */
export async function as(who: string | Who, method: string, path: string, body?: object): Promise<Response> {
  const { nodeId, app: isApp } = typeof who === "string" ? { nodeId: who, app: false } : who;
  const headers: Record<string, string> = bearer(await authKey(nodeId, { app: isApp }));
  if (body === undefined) return call(path, { method, headers });
  headers["content-type"] = "application/json";
  return call(path, { method, headers, body: JSON.stringify(body) });
}

/** The answer of a call that has to succeed. */
export async function answer<T>(response: Promise<Response>, status = 200): Promise<T> {
  const got = await response;
  const text = await got.text();
  expect({ status: got.status, text }).toMatchObject({ status });
  return JSON.parse(text) as T;
}

/** Creates a session of this owner; answers its id. */
export async function created(owner: string | Who, options: object = {}): Promise<string> {
  const info = await answer<SessionInfo>(as(owner, "POST", "/v1/sessions", options), 201);
  return info.session_id;
}

/** Makes `nodeId` a member at its own wish, or at that of `by`. */
export function joined(
  sessionId: string,
  nodeId: string,
  options: object = {},
  by: string | Who = nodeId,
): Promise<Membership> {
  return answer<Membership>(as(by, "PUT", `/v1/sessions/${sessionId}/members/${encodeURIComponent(nodeId)}`, options));
}

export const left = (sessionId: string, name: string, by: string | Who = name) =>
  answer<{ removed: boolean }>(as(by, "DELETE", `/v1/sessions/${sessionId}/members/${encodeURIComponent(name)}`));

export const infoOf = (sessionId: string, by: string | Who) =>
  answer<SessionInfo>(as(by, "GET", `/v1/sessions/${sessionId}`));

export const revealed = (sessionId: string, nodeId: string) =>
  answer<Membership>(as(nodeId, "POST", `/v1/sessions/${sessionId}/reveal`));

export const closed = (sessionId: string, by: string | Who) =>
  answer<{ members: number }>(as(by, "DELETE", `/v1/sessions/${sessionId}`));

export const stubOf = (sessionId: string) => env.SESSION.getByName(sessionId);

/** Takes sessions out of memory; one that is not there is fine as it is. */
export async function evictSessions(...sessionIds: readonly string[]): Promise<void> {
  for (const sessionId of sessionIds) {
    try {
      await evictDurableObject(stubOf(sessionId));
    } catch (error) {
      if (!(error as Error).message.includes("not currently running")) throw error;
    }
  }
}

/** Rows of the log, oldest first: where each begins, and how many messages it holds. */
export const logRows = (sessionId: string) =>
  query<{ id: number; count: number }>(stubOf(sessionId), "SELECT id, count FROM log ORDER BY id");

export const memberRow = async (sessionId: string, nodeId: string) =>
  (
    await query<{ behind_from: number | null; online: number; offline_since: number | null; deposed: number }>(
      stubOf(sessionId),
      "SELECT behind_from, online, offline_since, deposed FROM member WHERE node_id = ?",
      nodeId,
    )
  )[0];

export const inboxRows = async (nodeId: string) =>
  (await query<{ rows: number }>(env.NODE.getByName(nodeId), "SELECT count(*) AS rows FROM inbox"))[0]!.rows;

/** A message to everyone in a session, or to one of its members. */
export const say = (id: string, sessionId: string, more: object = {}) => ({
  id,
  dest_session_id: sessionId,
  type: 1,
  payload: id,
  ...more,
});
