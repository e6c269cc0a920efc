/** The first step of connecting, and opening a socket with every refusal made visible (PROTOCOL §2). */
import type { IncomingMessage } from "node:http";
import WebSocket, { type ClientOptions } from "ws";

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

const DEFAULTS = {
  perMessageDeflate: false,
  skipUTF8Validation: true,
  // Where an object closes a socket outside of that socket's own events, workerd (2026-11) exchanges the close frames and
  // then leaves the TCP connection open; `ws` reports the close only after this many ms.
  closeTimeout: 500,
};

/** What an HTTP answer to an upgrade said instead of 101. */
export class UpgradeRefused extends Error {
  override name = "UpgradeRefused";
  readonly status: number;
  readonly body: string;

  constructor(status: number, body: string) {
    super(`the upgrade was refused with ${status}: ${body}`);
    this.status = status;
    this.body = body;
  }

  /** The code of the error object in the body; undefined where there is none. */
  get code(): string | undefined {
    return (JSON.parse(this.body) as { error?: { code?: string } }).error?.code;
  }
}

/** Asks the edge at `url` for pre-connection information. Throws on any other status than 200. */
export async function preConnect(url: string, authKey: string): Promise<PreConnection> {
  const response = await fetch(`${url}/connectV3?get_pre_connection_info=True&auth_key=${encodeURIComponent(authKey)}`);
  if (response.status !== 200) throw new Error(`pre-connection answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as PreConnection;
}

/**
 * Opens a socket; rejects with UpgradeRefused on an HTTP answer and with the socket's error otherwise. `prepare` runs
 * before any frame can arrive.
 */
export function openSocket(
  url: string,
  protocols: string[],
  prepare: (socket: WebSocket) => void,
  options: ClientOptions = {},
): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, protocols, { ...DEFAULTS, ...options });
    prepare(socket);
    socket.once("open", () => {
      socket.removeListener("error", reject);
      // After the handshake a broken socket ends in "close"; its error says no more.
      socket.on("error", () => {});
      resolve(socket);
    });
    socket.once("error", reject);
    socket.once("unexpected-response", (_request, response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => reject(new UpgradeRefused(response.statusCode ?? 0, Buffer.concat(chunks).toString())));
    });
  });
}

/** `base` with the parameters added; ws_url may or may not carry some already. */
export function withParameters(base: string, parameters: Record<string, string>): string {
  const url = new URL(base);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.toString();
}
