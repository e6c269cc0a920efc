/** The life of a node's connections: opened, heard, closed from either side. The sockets themselves are node-sockets.ts. */
import type { Outbox } from "../domain/outbox.ts";
import type { Sequence } from "../domain/sequence.ts";
import { CLOSE, type CloseCode } from "../protocol/close-codes.ts";
import { welcomeMessage } from "../protocol/frames.ts";
import { LIMITS } from "../protocol/limits.ts";
import { answerClose, CLEAN_CLOSES, type Connection, NOTHING_HELD } from "./connection.ts";
import type { Inbound } from "./node-inbound.ts";
import type { NodePush } from "./node-push.ts";
import type { NodeSessions } from "./node-sessions.ts";
import type { NodeSockets } from "./node-sockets.ts";
import type { NodeStore } from "./sql/node-store.ts";
import type { UpgradeFacts } from "./upgrade.ts";

export interface ConnectionsPort {
  readonly store: Pick<NodeStore, "record">;
  readonly sockets: NodeSockets;
  readonly sequence: Sequence;
  readonly outbox: Outbox;
  readonly inbound: Inbound;
  readonly sessions: NodeSessions;
  readonly push: NodePush;
  endOfTick(): void;
}

export class NodeConnections {
  readonly #port: ConnectionsPort;

  constructor(port: ConnectionsPort) {
    this.#port = port;
  }

  open(socket: WebSocket, { caller, mode, resume }: UpgradeFacts): void {
    const { outbox, sequence, sockets } = this.#port;
    const { nodeId, epoch, clientId } = this.#port.store.record;
    const now = Date.now();
    const connection = sockets.accept(socket, {
      id: crypto.randomUUID(),
      mode,
      at: now,
      nodeId,
      clientId: clientId ?? undefined,
      app: caller.app,
      held: NOTHING_HELD,
    });
    // A cursor from another epoch, or one that was never reached, says nothing: everything is sent again.
    const known = resume !== undefined && resume.epoch === epoch && resume.lastSeq <= sequence.last;
    const seq = outbox.open(connection, known ? resume.lastSeq : undefined, now);
    if (mode === "v1") {
      connection.notify(
        welcomeMessage({ node_id: nodeId, connection_id: connection.id, epoch, seq, server_time: now }),
      );
      connection.flush();
    }
    for (const oldest of sockets.beyond(LIMITS.maxConnectionsPerNode)) {
      this.close(oldest, CLOSE.REPLACED, `a node has at most ${LIMITS.maxConnectionsPerNode} connections`);
    }
    this.#port.sessions.connected();
    this.#port.push.connected(now);
    this.#port.endOfTick();
  }

  heard(socket: WebSocket, data: string | ArrayBuffer): void {
    const { sockets, outbox, inbound } = this.#port;
    const connection = sockets.of(socket) ?? sockets.ending(socket);
    if (connection === undefined) return;
    outbox.heard(connection.id);
    inbound.frame(connection, data);
  }

  /** The platform says that a socket is closed; `code` is undefined where it broke. */
  ended(socket: WebSocket, code: number | undefined, wasClean: boolean): void {
    this.#ended(socket, wasClean && code !== undefined && CLEAN_CLOSES.has(code));
    if (code !== undefined) answerClose(socket, code);
  }

  #ended(socket: WebSocket, isClean: boolean): void {
    const { sockets, outbox, inbound } = this.#port;
    const connection = sockets.of(socket);
    if (connection !== undefined) return this.#closed(connection, isClean);
    const ending = sockets.ending(socket);
    if (ending === undefined) return;
    inbound.finish(ending);
    const now = Date.now();
    outbox.closedAsleep(ending.held, now);
    this.#port.push.disconnected(isClean, now);
    this.#port.endOfTick();
  }

  /** A client's cumulative ack; on a socket that is at its end, of what it held before the object slept. */
  acked(connection: Connection, seq: number): void {
    const { outbox } = this.#port;
    if (outbox.ack(connection.id, seq, Date.now())) return;
    const { held } = connection;
    outbox.closedAsleep({ ...held, acked: Math.max(held.acked, Math.min(seq, held.high)) }, Date.now());
  }

  close(connection: Connection, code: CloseCode, reason: string): void {
    connection.close(code, reason);
    this.#closed(connection, false);
  }

  #closed(connection: Connection, isClean: boolean): void {
    const { sockets, outbox, inbound } = this.#port;
    if (sockets.get(connection.id) === undefined) return;
    sockets.remove(connection);
    inbound.finish(connection);
    const now = Date.now();
    outbox.close(connection.id, now, isClean);
    this.#port.push.disconnected(isClean, now);
    this.#port.endOfTick();
  }
}
