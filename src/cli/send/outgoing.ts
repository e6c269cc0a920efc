/** The arguments of `send` → the messages to send, one after the other. */
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { OutgoingMessage } from "../../client/index.ts";
import { isId } from "../../protocol/ids.ts";
import { UsageError } from "../failures.ts";

export interface SendOptions {
  toClient?: string;
  session?: string;
  jsonPayload?: true;
  file?: string;
  type?: number;
  /** ms. */
  ttl?: number;
  volatile?: true;
  collapseKey?: string;
  pushTitle?: string;
  pushBody?: string;
  pushSilent?: true;
  /** False: no push. */
  push?: boolean;
}

/** Rejects with UsageError, before anything is sent, where the arguments do not fit together. */
export async function outgoing(
  args: readonly string[],
  options: SendOptions,
  stdin: Readable,
): Promise<AsyncIterable<OutgoingMessage>> {
  const { file, toClient, session } = options;
  const nodes = file === undefined ? args.slice(0, -1) : args;
  const text = file === undefined ? args.at(-1) : await contents(file);
  if (text === undefined) throw new UsageError("send what, and to whom? allspark send bob hello");
  for (const node of nodes) {
    if (!isId(node)) {
      throw new UsageError(`${JSON.stringify(node)} is no node id: 1 to 128 bytes without control characters`);
    }
  }
  if (toClient !== undefined && (session !== undefined || nodes.length > 0)) {
    throw new UsageError("--to-client is a destination of its own: leave out the nodes and --session");
  }
  if (nodes.length === 0 && toClient === undefined && session === undefined) {
    const what = file === undefined ? `is ${JSON.stringify(text)} the text or the node? ` : "";
    throw new UsageError(`${what}Say where it goes, and then what: allspark send bob hello`);
  }
  const isStdin = file === undefined && text === "-";
  const payload = options.jsonPayload === true ? parsed : (line: string) => line;
  const payloads = isStdin ? linesOf(stdin, payload) : [payload(text)];
  return messages(payloads, nodes.length === 0 ? [undefined] : nodes, options);
}

async function* messages(
  payloads: AsyncIterable<unknown> | Iterable<unknown>,
  nodes: readonly (string | undefined)[],
  options: SendOptions,
): AsyncGenerator<OutgoingMessage, void, void> {
  const { toClient, session: toSession, type, ttl: ttlMs, volatile, collapseKey } = options;
  const push = pushOf(options);
  for await (const payload of payloads) {
    for (const to of nodes) yield { to, toClient, toSession, payload, type, ttlMs, volatile, collapseKey, push };
  }
}

/** undefined: the push that the edge would make. */
function pushOf({ push, pushTitle: title, pushBody: body, pushSilent: silent }: SendOptions): OutgoingMessage["push"] {
  const words = { ...(title && { title }), ...(body && { body }), ...(silent && { silent }) };
  const hasWords = Object.keys(words).length > 0;
  if (push !== false) return hasWords ? words : undefined;
  if (hasWords) throw new UsageError("--no-push and --push-… do not go together");
  return false;
}

async function* linesOf(stdin: Readable, payload: (line: string) => unknown): AsyncGenerator<unknown, void, void> {
  let number = 0;
  for await (const line of createInterface({ input: stdin, crlfDelay: Infinity })) {
    number++;
    try {
      yield payload(line);
    } catch (error) {
      throw new UsageError(`line ${number}: ${(error as Error).message}`);
    }
  }
}

async function contents(file: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw new UsageError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`${file} is not text in UTF-8, and a message is JSON: encode it, with base64 perhaps`);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new UsageError(`what --json-payload takes must be JSON, as {"a": 1} or "text": ${(error as Error).message}`);
  }
}
