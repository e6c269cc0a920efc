/**
 * One object for each node_id: it holds the node's live sockets, its send queue and its inbox. This
 * class only ties the platform's events to the parts that do the work: frames in are in
 * node-inbound.ts, lanes out in lanes.ts, messages in and the inbox in domain/outbox.ts.
 */
import { DurableObject } from "cloudflare:workers";
import { answerOf } from "../domain/fate.ts";
import type { Inbox } from "../domain/inbox.ts";
import { InboxReader } from "../domain/inbox-reader.ts";
import type { LaneAnswer, LaneBatch } from "../domain/lane.ts";
import type { PushKind, PushTarget } from "../domain/push/target.ts";
import type { PushTask, PushToSend, TargetOutcome } from "../domain/push/task.ts";
import { LaneReceiver } from "../domain/lane-receiver.ts";
import { Outbox } from "../domain/outbox.ts";
import type { SessionWake } from "../domain/push/session-wake.ts";
import { Sequence } from "../domain/sequence.ts";
import { type Config, type Env, parseConfig } from "../env.ts";
import { CLOSE } from "../protocol/close-codes.ts";
import type { ConfigMessage } from "../protocol/codec.ts";
import type { ErrorCode } from "../protocol/errors.ts";
import { LIMITS } from "../protocol/limits.ts";
import type { Connection } from "./connection.ts";
import { ClientRegistration } from "./client-registration.ts";
import { GraceTimer } from "./grace-timer.ts";
import { laneTarget } from "./lane-target.ts";
import { Lanes } from "./lanes.ts";
import { Admission } from "./admission.ts";
import { AlarmClock } from "./alarm-clock.ts";
import { answerConfig } from "./node-config.ts";
import { describeNode, listSessions } from "./node-description.ts";
import { NodeConnections } from "./node-connections.ts";
import { Inbound } from "./node-inbound.ts";
import { publish } from "./node-publish.ts";
import { NodePush } from "./node-push.ts";
import { NodeSessions } from "./node-sessions.ts";
import { NodeSockets } from "./node-sockets.ts";
import type {
  Caller,
  InboxPage,
  InboxQuery,
  MemberRpc,
  NodeRpc,
  NodeState,
  SendOutcome,
  SessionJoined,
} from "./rpc.ts";
import { openInbox } from "./sql/inbox-store.ts";
import { NODE_MIGRATIONS } from "./sql/manifest.ts";
import { migrate } from "./sql/migrate.ts";
import { SqlNodeSessionStore } from "./sql/node-session-store.ts";
import { NodeStore, outboxNotes } from "./sql/node-store.ts";
import { PushStore, type StoredTarget } from "./sql/push-store.ts";
import { Tick } from "./tick.ts";
import { readUpgradeFacts, refuseUpgrade, takeUpgrade } from "./upgrade.ts";

export class NodeObject extends DurableObject<Env> implements NodeRpc, MemberRpc {
  readonly #config: Config;
  readonly #store: NodeStore;
  readonly #inbox: Inbox;
  readonly #sequence: Sequence;
  readonly #outbox: Outbox;
  readonly #sockets: NodeSockets;
  readonly #receiver = new LaneReceiver(LIMITS.dedupSources);
  readonly #lanes = new Lanes();
  readonly #client: ClientRegistration;
  readonly #admission: Admission;
  readonly #inbound: Inbound;
  readonly #sessions: NodeSessions;
  readonly #push: NodePush;
  readonly #connections: NodeConnections;
  readonly #reader: InboxReader;
  readonly #tick = new Tick(() => this.#endOfTick());
  readonly #startedAt = Date.now();
  readonly #grace = new GraceTimer(
    () => this.#outbox.nextDeadline(),
    () => {
      this.#outbox.expireGrace(Date.now());
      this.#endOfTick();
    },
  );
  readonly #alarm: AlarmClock;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#config = parseConfig(env);
    migrate(ctx.storage, NODE_MIGRATIONS, this.#startedAt);
    this.#store = new NodeStore(ctx.storage, { nodeId: ctx.id.name ?? "", epoch: crypto.randomUUID().slice(0, 8) });
    this.#client = new ClientRegistration(this.#store, env.CLIENT);
    this.#admission = new Admission(this.#store, this.#client);
    this.#inbox = openInbox(ctx.storage);
    this.#alarm = new AlarmClock(ctx.storage);
    this.#sequence = new Sequence(this.#store.record.seqReserved, LIMITS.seqBlock, (seqReserved) => {
      this.#store.update({ seqReserved });
      this.#outbox.noteSharing();
    });
    this.#outbox = new Outbox(
      this.#inbox,
      this.#sequence,
      outboxNotes(this.#store, this.ctx.getWebSockets().length > 0),
    );
    this.#reader = new InboxReader(this.#inbox, this.#sequence, (seq) => this.#outbox.isOpen(seq));
    this.#sockets = new NodeSockets(ctx, this.#config);
    this.#outbox.restore(
      [...this.#sockets].map((link) => ({ link, held: link.held })),
      this.#startedAt,
    );
    this.#sessions = new NodeSessions(new SqlNodeSessionStore(ctx.storage), {
      nodeId: this.#nodeId,
      session: (sessionId) => env.SESSION.getByName(sessionId),
      outbox: this.#outbox,
      receiver: this.#receiver,
      wantsWakes: () => this.#push.wants,
      missed: (sessionId, wake) => this.#push.missed(sessionId, wake, Date.now()),
      changed: () => this.#tick.soon(),
      after: (delayMs, callback) => void setTimeout(callback, delayMs),
      random: Math.random,
    });
    this.#push = new NodePush(
      new PushStore(ctx.storage),
      this.#config.push,
      {
        store: this.#store,
        sequence: this.#sequence,
        inbox: this.#inbox,
        outbox: this.#outbox,
        lacks: (sessionId, seq) => this.#sessions.lacks(sessionId, seq),
        enqueue: async (job) => void (await env.PUSH_QUEUE.send({ job, nodeId: this.#nodeId })),
        newId: () => crypto.randomUUID(),
        changed: () => this.#tick.soon(),
        keep: () => this.#keepPush(),
        now: Date.now,
        random: Math.random,
      },
      this.#startedAt,
    );
    this.#inbound = new Inbound({
      clusterId: this.#config.clusterId,
      offer: (to, dest, message, settle) =>
        this.#lanes.offer(this.#nodeId, `${to}:${dest}`, () => laneTarget(env, to, dest), message, settle),
      acked: (connection, seq) => this.#connections.acked(connection, seq),
      config: (connection, message) => void this.#configure(connection, message),
      close: (connection, code, reason) => this.#connections.close(connection, code, reason),
      changed: () => this.#changed(),
    });
    this.#connections = new NodeConnections({
      store: this.#store,
      sockets: this.#sockets,
      sequence: this.#sequence,
      outbox: this.#outbox,
      inbound: this.#inbound,
      sessions: this.#sessions,
      push: this.#push,
      endOfTick: () => this.#endOfTick(),
    });
    // A crash takes the sockets without a word: sessions that believe the node to be online are told now.
    if (!this.#outbox.online) this.#sessions.endOfTick();
  }

  get #nodeId(): string {
    return this.#store.record.nodeId;
  }

  /** Opens a connection; the Worker has verified its keys (see upgrade.ts). */
  override async fetch(request: Request): Promise<Response> {
    const facts = readUpgradeFacts(request);
    const refusal = this.#admission.refusal(facts);
    if (refusal !== undefined) return refuseUpgrade(refusal);
    const failure = await this.#admission.register(facts.caller);
    if (failure !== undefined) return refuseUpgrade(failure);
    // The node may have been revoked meanwhile.
    if (this.#admission.isRevoked(facts.caller)) return refuseUpgrade("AUTH_REVOKED");
    const { 0: client, 1: server } = new WebSocketPair();
    this.#connections.open(server, facts);
    return takeUpgrade(client, facts);
  }

  override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): void {
    this.#connections.heard(socket, data);
  }

  override webSocketClose(socket: WebSocket, code: number, _reason: string, wasClean: boolean): void {
    this.#connections.ended(socket, code, wasClean);
  }

  override webSocketError(socket: WebSocket): void {
    this.#connections.ended(socket, undefined, false);
  }

  deliver(batch: LaneBatch): Promise<LaneAnswer> {
    if (batch.session !== undefined) return this.#sessions.deliver(batch.session, batch);
    if (this.#config.requireRegistered && this.#store.record.firstSeenAt === null) {
      return Promise.resolve({ statuses: "NODE_NOT_REGISTERED" });
    }
    if (!this.#receiver.take(batch)) return Promise.resolve({ resync: true });
    const fates = this.#outbox.accept(batch.src, batch.messages, Date.now());
    if (this.#push.wants) this.#keepPush();
    this.#tick.soon();
    return Promise.resolve(answerOf(fates));
  }

  /** Messages to others leave at once, one call a lane; what goes to this node's own sockets is gathered. */
  #changed(): void {
    this.#lanes.flush();
    this.#tick.soon();
  }

  /** Everything that this tick made due goes out, and what must outlive this object's memory is kept. */
  #endOfTick(): void {
    const now = Date.now();
    this.#lanes.flushAll();
    this.#outbox.flush(now);
    for (const connection of this.#sockets) connection.flush();
    this.#sessions.endOfTick();
    for (const { linkId, held } of this.#outbox.takeHeldChanges()) this.#sockets.get(linkId)?.saveHeld(held);
    this.#grace.arm(now);
    this.#keepPush();
  }

  /** In one write with what was stored: a crash in between would leave a message that nobody is woken for. */
  #keepPush(): void {
    const now = Date.now();
    this.#push.endOfTick(now);
    this.#alarm.arm(this.#inbox.nextExpiry, this.#sessions.alarmAt, this.#push.alarmAt(now));
  }

  override alarm(): void {
    this.#alarm.done();
    this.#inbox.sweep(Date.now());
    this.#endOfTick();
  }

  async sessionJoined(sessionId: string, joined: SessionJoined) {
    if (joined.by === "itself") this.#admission.noteSeen(false);
    return this.#sessions.join(sessionId, joined);
  }

  async sessionLeft(sessionId: string, notice: string | undefined): Promise<void> {
    this.#sessions.leave(sessionId, notice);
  }

  async wake(sessionId: string, wake: SessionWake) {
    return this.#sessions.wake(sessionId, wake);
  }

  async isOnline(): Promise<boolean> {
    return this.#outbox.online;
  }

  async #configure(connection: Connection, { id, request }: ConfigMessage): Promise<void> {
    await this.#gatherUnread();
    const parts = { mode: connection.mode, store: this.#store, reader: this.#reader, push: this.#push };
    connection.notify(answerConfig(request, id, parts, this.#config.push, Date.now()));
    this.#changed();
  }

  /** One list holds everything for those who read the inbox: what sessions keep for the node goes there first. */
  async #gatherUnread(): Promise<void> {
    if (this.#sessions.unread > 0 && !this.#outbox.acks) await this.#sessions.pullIntoInbox();
  }

  async admit(caller: Caller): Promise<{ ok: true } | { ok: false; code: ErrorCode }> {
    if (this.#admission.isRevoked(caller)) return { ok: false, code: "AUTH_REVOKED" };
    if (caller.app) this.#admission.noteSeen(true);
    return { ok: true };
  }

  async readInbox(query: InboxQuery): Promise<InboxPage & { epoch: string }> {
    await this.#gatherUnread();
    return { epoch: this.#store.record.epoch, ...this.#reader.page(query, Date.now()) };
  }

  async acknowledge(seq: number): Promise<{ removed: number }> {
    const removed = this.#outbox.acknowledge(seq, Date.now());
    this.#tick.soon();
    return { removed };
  }

  async revoke(): Promise<{ revoked_at: number; closed_connections: number }> {
    const revokedAt = Date.now();
    this.#store.update({ revokedAt });
    this.#push.removeAll();
    const open = [...this.#sockets];
    for (const connection of open) this.#connections.close(connection, CLOSE.REVOKED, "the node was revoked");
    return { revoked_at: revokedAt, closed_connections: open.length };
  }

  async assign({ clientId, addr }: { clientId?: string | null; addr?: string | null }) {
    const { record } = this.#store;
    this.#store.update({
      firstSeenAt: record.firstSeenAt ?? Date.now(),
      addr: addr === undefined ? record.addr : addr,
    });
    const failure = clientId === undefined ? undefined : await this.#client.set(clientId);
    if (failure !== undefined) return { ok: false, code: failure } as const;
    for (const connection of this.#sockets) connection.setClient(this.#store.record.clientId ?? undefined);
    return { ok: true, state: await this.describe() } as const;
  }

  async addPushTarget(target: PushTarget): Promise<StoredTarget | undefined> {
    return this.#push.add(target, Date.now());
  }

  async removePushTargets(kind: PushKind, which: { name?: string; id?: string }): Promise<{ removed: number }> {
    return { removed: this.#push.remove(kind, which) };
  }

  async pushTargets(): Promise<readonly StoredTarget[]> {
    return this.#push.targets;
  }

  async testPush(): Promise<PushToSend | undefined> {
    return this.#push.test(Date.now());
  }

  async pushTask(jobId: string): Promise<PushTask> {
    return this.#push.task(jobId, Date.now());
  }

  async pushSettled(jobId: string | undefined, outcomes: readonly TargetOutcome[]): Promise<void> {
    this.#push.settle(jobId, outcomes);
  }

  async publish(caller: Caller, targets: string[], message: string): Promise<SendOutcome[]> {
    this.#store.update({ firstSeenAt: this.#store.record.firstSeenAt ?? Date.now(), isAppNode: caller.app });
    const clientId = caller.clientId ?? this.#store.record.clientId ?? undefined;
    const outcomes = publish({ srcId: this.#nodeId, srcClientId: clientId }, targets, message, (dest, lane, settle) =>
      this.#lanes.offer(this.#nodeId, `node:${dest}`, () => laneTarget(this.env, "node", dest), lane, settle),
    );
    this.#changed();
    return outcomes;
  }

  async describe(): Promise<NodeState> {
    return describeNode({
      record: this.#store.record,
      sockets: [...this.#sockets],
      outbox: this.#outbox,
      inbox: this.#inbox,
      reader: this.#reader,
      sessions: this.#sessions,
      startedAt: this.#startedAt,
    });
  }

  async listSessions() {
    return listSessions(this.#sessions);
  }
}
