/** What comes, as one line for people and as one line of JSON. */
import { type Gap, type IncomingMessage, type SessionEvent, sessionEventOf } from "../../client/index.ts";
import { printable, printablePayload } from "./printable.ts";
import { snakeCase } from "./snake-case.ts";

/** Anything that a listener is told, as it stands in `--json`. */
export interface Line {
  human: string;
  json: Record<string, unknown>;
}

/** The message as it stood on the wire. */
export function messageLine(message: IncomingMessage): Line {
  const session = message.session === undefined ? "" : ` [${message.session}]`;
  const isPrivate = message.isPrivate ? " (to you alone)" : "";
  const type = message.type === undefined || message.type === 1 ? "" : ` (type ${message.type})`;
  const head = printable(`${clockTime(message.timestamp)}${session} ${message.from}${isPrivate}${type}`);
  return { human: `${head}: ${printablePayload(message.payload)}`, json: { kind: "message", ...message.raw } };
}

/** The same of a history, which holds who came and went among the messages. */
export function historyLine(message: IncomingMessage): Line {
  const line = messageLine(message);
  const event = sessionEventOf(message.raw);
  return event === undefined
    ? line
    : { ...line, human: printable(`${clockTime(message.timestamp)} (${happening(event)})`) };
}

export function gapLine(gap: Gap): Line {
  const where = gap.session === undefined ? "" : ` of session ${gap.session}`;
  const human = printable(`(messages ${gap.fromSeq} to ${gap.toSeq}${where} will not come: ${gap.reason})`);
  return { human, json: { kind: "gap", ...(snakeCase(gap) as object) } };
}

export function sessionEventLine(event: SessionEvent): Line {
  const { kind, ...rest } = event;
  return {
    human: printable(`[${event.session}] ${happening(event)}`),
    json: { kind: "session", event: kind, ...(snakeCase(rest) as object) },
  };
}

function happening(event: SessionEvent): string {
  switch (event.kind) {
    case "joined":
      return `${event.name} has joined`;
    case "left":
      return `${event.name} has left`;
    case "online":
      return `${event.name} is online`;
    case "offline":
      return `${event.name} is offline`;
    case "revealed":
      return `${event.name} is ${event.nodeId}`;
    case "master":
      return `${event.name} is the master now (fencing number ${event.fencingNumber})`;
    case "removed":
      return event.reason === "closed" ? "the session is closed" : "you are a member no longer";
  }
}

/** Hours, minutes and seconds, local. */
export function clockTime(timestamp: number): string {
  const date = new Date(timestamp);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}
