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
}

/** Throws UsageError, before anything is read, where the arguments do not fit together. */
export function outgoing(
  args: readonly string[],
  options: SendOptions,
  stdin: Readable,
): AsyncIterable<OutgoingMessage> {
  const { file, toClient, session } = options;
  const nodes = file === undefined ? args.slice(0, -1) : args;
  const text = file === undefined ? args.at(-1) : undefined;
  if (file === undefined && text === undefined) throw new UsageError("send what, and to whom? allspark send bob hello");
  for (const node of nodes) {
    if (!isId(node))
      throw new UsageError(`${JSON.stringify(node)} is no node id: 1 to 128 bytes without control characters`);
  }
  if (toClient !== undefined && (session !== undefined || nodes.length > 0)) {
    throw new UsageError("--to-client is a destination of its own: leave out the nodes and --session");
  }
  if (nodes.length === 0 && toClient === undefined && session === undefined) {
    const what = file === undefined ? `is ${JSON.stringify(text)} the text or the node? ` : "";
    throw new UsageError(`${what}Say where it goes, and then what: allspark send bob hello`);
  }
  const to = nodes.length === 0 ? [undefined] : nodes;
  return messages(texts(text, file, stdin), to, options);
}

async function* messages(
  source: AsyncIterable<string>,
  nodes: readonly (string | undefined)[],
  { toClient, session: toSession, jsonPayload, type, ttl: ttlMs, volatile, collapseKey }: SendOptions,
): AsyncGenerator<OutgoingMessage, void, void> {
  for await (const text of source) {
    const payload = jsonPayload === true ? parsed(text) : text;
    for (const to of nodes) yield { to, toClient, toSession, payload, type, ttlMs, volatile, collapseKey };
  }
}

async function* texts(
  text: string | undefined,
  file: string | undefined,
  stdin: Readable,
): AsyncGenerator<string, void, void> {
  if (file !== undefined) yield await contents(file);
  else if (text !== "-") yield text as string;
  else yield* createInterface({ input: stdin, crlfDelay: Infinity });
}

async function contents(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new UsageError(`what --json-payload takes must be JSON, as {"a": 1} or "text": ${(error as Error).message}`);
  }
}
