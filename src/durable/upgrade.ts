/**
 * What the Worker hands to a NodeObject with a forwarded WebSocket upgrade, and how the object takes or refuses it.
 * Only the Worker can reach an object, and it strips this header from what comes from outside.
 */
import { type ErrorCode, ERRORS } from "../protocol/errors.ts";
import type { Caller } from "./rpc.ts";

export interface UpgradeFacts {
  caller: Caller;
  mode: "v1" | "classic";
  /** v1 only: where the client says it left off. */
  resume?: { epoch: string; lastSeq: number };
  /** The verified validation key; the object refuses a second use of the same id until expiresAt (ms). */
  validation?: { id: string; expiresAt: number };
  /** The subprotocol to answer, if the client offered any. */
  subprotocol?: string;
}

const HEADER = "x-allspark-upgrade";

/** The raw upgrade request with the facts on it; whatever stood in that header before is replaced. */
export function withUpgradeFacts(request: Request, facts: UpgradeFacts): Request {
  const forwarded = new Request(request);
  // Header values are Latin-1, ids may be anything.
  forwarded.headers.set(HEADER, encodeURIComponent(JSON.stringify(facts)));
  return forwarded;
}

/** Throws where the header is missing: such a request did not come through the Worker. */
export function readUpgradeFacts(request: Request): UpgradeFacts {
  const header = request.headers.get(HEADER);
  if (header === null) throw new Error("upgrade without facts");
  return JSON.parse(decodeURIComponent(header)) as UpgradeFacts;
}

/** `socket`: the client's end. */
export function takeUpgrade(socket: WebSocket, { subprotocol }: UpgradeFacts): Response {
  const headers = subprotocol === undefined ? undefined : { "Sec-WebSocket-Protocol": subprotocol };
  return new Response(null, { status: 101, webSocket: socket, headers });
}

/** The object's refusal: the code alone, since what a peer is told is for the HTTP side to say. */
export function refuseUpgrade(code: ErrorCode): Response {
  return new Response(code, { status: ERRORS[code].http });
}

/** The code of an answer that is not 101. Throws where it holds none: then it is not the object that refused. */
export async function readRefusal(answer: Response): Promise<ErrorCode> {
  const code = await answer.text();
  if (!Object.hasOwn(ERRORS, code)) throw new Error(`an upgrade was answered ${answer.status} without a code`);
  return code as ErrorCode;
}
