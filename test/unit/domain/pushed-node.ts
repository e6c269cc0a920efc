/** A node that is pushed to: the real NodePush over a real outbox and real SQL, as its object would hold them. */
import type { LaneMessage } from "../../../src/domain/lane.ts";
import type { PushToSend } from "../../../src/domain/push/task.ts";
import { NodePush } from "../../../src/durable/node-push.ts";
import { PushStore } from "../../../src/durable/sql/push-store.ts";
import type { PushConfig } from "../../../src/push/push-config.ts";
import { FakeLink, OutboxNode } from "./outbox-node.ts";

export const WEBHOOK = {
  kind: "webhook",
  url: "https://hooks.example.org/a",
  secret: "whsec_bm9ib2R5IGtub3dzIHRoaXMgc2VjcmV0IG9mIG91cnM=",
} as const;
export const PHONE = { kind: "fcm", token: "a-registration-token" } as const;

const CONFIG: PushConfig = {
  fcm: undefined,
  apns: undefined,
  vapid: undefined,
  webhook: undefined,
  delayMs: 5_000,
  throttleMs: 120_000,
  allowPrivate: false,
};

export class PushedNode {
  readonly box = new OutboxNode();
  readonly #config: PushConfig;
  /** Jobs in the queue, oldest first. */
  queue: string[] = [];
  /** The queue takes nothing. */
  isQueueDown = false;
  /** What is missing of sessions: the first session_seq, by session. */
  readonly unread = new Map<string, number>();
  record = { nodeId: "bob", readSeq: 0, gcmKey: null as string | null };
  push!: NodePush;
  #ids = 0;
  #links = 0;

  constructor(config: Partial<PushConfig> = {}) {
    this.#config = { ...CONFIG, ...config };
    this.#start();
  }

  get now(): number {
    return this.box.now;
  }

  #start(): void {
    const { box } = this;
    const store = {
      record: this.record as never,
      update: (change: object) => void Object.assign(this.record, change),
    };
    this.push = new NodePush(
      new PushStore(box.storage),
      this.#config,
      {
        store,
        sequence: box.sequence,
        inbox: box.inbox,
        outbox: box.outbox,
        lacks: (sessionId, seq) => (this.unread.get(sessionId) ?? Infinity) <= seq,
        enqueue: (job) => {
          if (this.isQueueDown) return Promise.reject(new Error("out of reach"));
          this.queue.push(job);
          return Promise.resolve();
        },
        newId: () => `${String(this.#ids++).padStart(8, "0")}-job`,
        changed: () => {},
        // The tests look at what is due before it is done.
        keep: () => {},
        now: () => box.now,
        random: () => 0.5,
      },
      box.now,
    );
  }

  /** A message comes, in a tick of its own. */
  receive(id: string, change: Partial<LaneMessage> = {}): void {
    this.box.offer("alice", [id], change);
    this.tick();
  }

  tick(): void {
    this.box.tick();
    this.push.endOfTick(this.now);
  }

  /** Time passes, and what it makes due is done. */
  pass(ms: number): void {
    this.box.advance(ms);
    this.tick();
  }

  connect(mode: "v1" | "classic" = "v1"): FakeLink {
    const link = new FakeLink(`link${this.#links++}`, mode);
    this.box.connect(link);
    this.push.connected(this.now);
    this.tick();
    return link;
  }

  disconnect(link: FakeLink, isClean = true): void {
    this.box.disconnect(link, isClean);
    this.push.disconnected(isClean, this.now);
    this.tick();
  }

  ack(link: FakeLink, seq: number): void {
    this.box.ack(link, seq);
    this.tick();
  }

  /** All that memory held is gone, and every socket with it. */
  crash(): void {
    this.box.crash();
    this.#start();
    this.tick();
  }

  /** The object sleeps and comes back with its sockets. */
  sleep(): void {
    this.box.sleep();
    this.#start();
  }

  /** A consumer takes the oldest job of the queue, and is given something to send. */
  send(): PushToSend {
    const job = this.queue.shift();
    if (job === undefined) throw new Error("the queue is empty");
    const task = this.push.task(job, this.now);
    if (task.state !== "send") throw new Error(`the job is ${task.state}`);
    return task;
  }

  /** A consumer takes the oldest job, and every target takes the push. */
  deliver(): PushToSend {
    const [job] = this.queue;
    const task = this.send();
    this.push.settle(
      job,
      task.targets.map(({ id }) => ({ id, result: "sent" })),
    );
    return task;
  }
}

/** The queue confirms what it was given. */
export const confirmed = () => new Promise<void>((resolve) => setImmediate(resolve));
