/** Opens the client library for a command: connected or a clear error, and closed when the command ends. */
import { Allspark, type AllsparkError } from "../client/index.ts";
import type { Speaker } from "./config/speaker.ts";
import type { Context } from "./context.ts";
import { Sockets, type SocketsOptions } from "./sockets.ts";

export interface NodeClient {
  client: Allspark;
  sockets: Sockets;
}

/** Nothing is connected yet. */
export function nodeClient(context: Context, { authKey }: Speaker, options: SocketsOptions): NodeClient {
  const sockets = new Sockets(options);
  const client = new Allspark({ url: context.config.url, authKey, WebSocket: sockets.WebSocket });
  client.on("error", (error) => context.output.note(`(${error.message})`));
  context.defer(async () => {
    await client.close();
    await sockets.closed();
  });
  return { client, sockets };
}

/** Rejects at the first attempt that fails: the library would go on for ever, which is not for somebody who waits. */
export async function connect({ client }: Pick<NodeClient, "client">): Promise<void> {
  const failed = new AbortController();
  const stop = client.on("status", (status) => {
    if (status.state === "waiting") failed.abort(status.cause);
  });
  try {
    await client.connect({ signal: failed.signal });
  } finally {
    stop();
  }
}

/**
 * Says on stderr when it is connected, with `greeting` the first time, and when it is away. Resolves, with why, when it will not come
 * back.
 */
export function followConnection(
  { output }: Context,
  { client }: Pick<NodeClient, "client">,
  greeting?: (nodeId: string) => string,
): Promise<AllsparkError> {
  let lastSaid: "nothing" | "connected" | "away" = "nothing";
  return new Promise((resolve) => {
    client.on("status", (status) => {
      if (status.state === "failed") resolve(status.error);
      if (status.state === "waiting" && lastSaid === "connected") {
        output.note(`(${status.cause.message}; trying again)`);
        lastSaid = "away";
      }
      if (status.state !== "connected" || lastSaid === "connected") return;
      // Here, so that it stands before the first message.
      if (lastSaid === "away") output.note("(connected again)");
      else if (greeting !== undefined) output.note(`(${greeting(status.nodeId)})`);
      lastSaid = "connected";
    });
  });
}

/** Whose key it is; where the key was given and not made, the edge is asked by connecting. */
export async function nodeIdOf(context: Context, who: Speaker): Promise<string> {
  if (who.nodeId !== undefined) return who.nodeId;
  const opened = nodeClient(context, who, { acks: false });
  await connect(opened);
  return opened.client.nodeId as string;
}
