/** What is in a session: messages over HTTP, its history, the state of a game. */
import type { Hono } from "hono";
import * as v from "valibot";
import type { StateAnswer } from "../../durable/session-rpc.ts";
import { memberText } from "../../protocol/json-slices.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { fitsUtf8 } from "../../protocol/utf8.ts";
import { check, fields, id, optional, whole } from "../fields.ts";
import type { HttpContext, HttpEnv } from "../http-env.ts";
import { HttpError } from "../http-error.ts";
import { addressed, messageText } from "../message-text.ts";
import { authenticated } from "../middleware/authenticated.ts";
import { resource } from "../resource.ts";
import { accepted, sessionOf } from "./sessions.ts";

const historyQuery = fields({
  from_session_seq: optional(whole(0)),
  to_session_seq: optional(whole(0)),
  limit: optional(whole(1, LIMITS.maxInboxPage), LIMITS.maxInboxPage),
  order: optional(v.picklist(["asc", "desc"], "must be asc or desc"), "asc"),
});

export function sessionContentRoutes(app: Hono<HttpEnv>): void {
  resource(app, "/v1/sessions/:id/messages", { POST: say }, [authenticated]);
  resource(app, "/v1/sessions/:id/history", { GET: readHistory }, [authenticated]);
  resource(app, "/v1/sessions/:id/state", { GET: readState, PUT: writeState }, [authenticated]);
}

/** `dest_id` beside `payload` makes it a private message. */
async function say(c: HttpContext): Promise<Response> {
  const { payload, dest_id: member } = check(fields({ payload: v.unknown(), dest_id: optional(id) }), c.get("params"));
  const destination = { dest_session_id: c.req.param("id"), dest_id: member };
  const message = addressed(messageText(payload, c.get("json")), destination);
  const outcome = await sessionOf(c).publish(c.get("caller"), message);
  if (outcome.status === "refused") throw new HttpError(outcome.code);
  return c.json({ status: outcome.status });
}

async function readHistory(c: HttpContext): Promise<Response> {
  const query = check(historyQuery, c.get("params"));
  const page = accepted(
    await sessionOf(c).history(c.get("caller"), {
      fromSeq: query.from_session_seq,
      toSeq: query.to_session_seq,
      limit: query.limit,
      order: query.order,
    }),
  );
  // Messages are JSON text and go in as they are: parsing them would round integers past 2^53.
  const rest = JSON.stringify({ from_session_seq: page.from, to_session_seq: page.to, more: page.more }).slice(1);
  return c.body(`{"messages":[${page.messages.join(",")}],${rest}`, 200, { "content-type": "application/json" });
}

async function readState(c: HttpContext): Promise<Response> {
  return stateAnswer(c, accepted(await sessionOf(c).readState(c.get("caller"))));
}

async function writeState(c: HttpContext): Promise<Response> {
  const params = c.get("params");
  const { fencing_number: fence } = check(fields({ fencing_number: whole(0), state: v.unknown() }), params);
  const json = c.get("json");
  // As written, to the digit; what comes by a form or the query is JSON text, or else a string.
  const state = json === undefined ? formState(String(params["state"])) : memberText(json, "state");
  if (state === undefined) throw new HttpError("BAD_REQUEST", "state is missing");
  if (!fitsUtf8(state, LIMITS.maxSessionStateBytes)) {
    throw new HttpError("TOO_LARGE", `a state has at most ${LIMITS.maxSessionStateBytes} bytes of JSON`);
  }
  return stateAnswer(c, accepted(await sessionOf(c).writeState(c.get("caller"), fence, state)));
}

function formState(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(text);
  }
}

function stateAnswer(c: HttpContext, { state, version, fencingNumber, writtenAt }: StateAnswer): Response {
  const rest = JSON.stringify({ version, fencing_number: fencingNumber, written_at: writtenAt });
  const body = state === undefined ? rest : `{"state":${state},${rest.slice(1)}`;
  return c.body(body, 200, { "content-type": "application/json" });
}
