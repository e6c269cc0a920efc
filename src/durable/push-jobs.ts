/**
 * The push that is under way for a node: one at a time, handed to the queue once it is in storage, and again until the queue
 * has confirmed it; the queue's consumer asks here what is to be sent and tells here what became of it. So a push goes out at
 * least once, and after a crash only to targets that were not noted as done.
 */
import { Pause } from "../domain/pause.ts";
import type { TargetOutcome } from "../domain/push/task.ts";
import type { PushJob, PushStore } from "./sql/push-store.ts";

/**
 * A consumer that took a job has it to itself for so long, ms: more than the calls of a batch take at most, which are five
 * jobs of ten targets each, six calls at once and ten seconds a call.
 */
const LEASE_MS = 120_000;
/** The queue has so long to confirm a job before it is handed to it again, ms. */
const CONFIRM_MS = 30_000;

export interface PushJobsPort {
  /** Hands a job to the queue; resolves when it is safe there. */
  enqueue(jobId: string): Promise<void>;
  /** Something is to be looked at at the end of this tick. */
  changed(): void;
  /** ms. */
  now(): number;
  /** In [0, 1). */
  random(): number;
}

export class PushJobs {
  readonly #store: PushStore;
  readonly #port: PushJobsPort;
  readonly #pause = new Pause();
  #job: PushJob | undefined;
  #handedAt: number | undefined;
  #leasedUntil = 0;

  constructor(store: PushStore, port: PushJobsPort) {
    this.#store = store;
    this.#port = port;
    this.#job = store.job();
  }

  /** Begins a push; it takes the place of one that is still under way. Call `handOver` next. */
  begin(job: Pick<PushJob, "id" | "waiting" | "fromSeq">): void {
    this.#job = { ...job, queued: false, done: [] };
    this.#handedAt = undefined;
    this.#leasedUntil = 0;
    this.#pause.end();
    this.#store.saveJob(this.#job);
  }

  /** When a job that the queue has not confirmed is handed over again, ms. */
  alarmAt(now: number): number | undefined {
    if (this.#job === undefined || this.#job.queued) return undefined;
    if (this.#handedAt !== undefined) return this.#handedAt + CONFIRM_MS;
    return this.#pause.isOver(now) ? now : (this.#pause.timerAt ?? this.#pause.alarmAt);
  }

  /** Gives the queue what it has not confirmed; call it at the end of a tick. */
  handOver(now: number): void {
    const job = this.#job;
    if (job === undefined || job.queued || !this.#pause.isOver(now)) return;
    if (this.#handedAt !== undefined && this.#handedAt + CONFIRM_MS > now) return;
    this.#handedAt = now;
    void this.#enqueue(job);
  }

  async #enqueue(job: PushJob): Promise<void> {
    try {
      await this.#port.enqueue(job.id);
      if (this.#job !== job) return;
      job.queued = true;
      this.#store.saveJob(job);
    } catch (error) {
      console.error("a push could not be queued:", (error as Error).message);
      if (this.#job !== job) return;
      this.#handedAt = undefined;
      this.#pause.failed(this.#port.now(), this.#port.random());
      this.#port.changed();
    }
  }

  /** A consumer asks for a job: undefined where it is over, "busy" where another consumer has it. */
  take(jobId: string, now: number): PushJob | "busy" | undefined {
    const job = this.#job;
    if (job?.id !== jobId) return undefined;
    if (this.#leasedUntil > now) return "busy";
    this.#leasedUntil = now + LEASE_MS;
    return job;
  }

  /** A consumer gives a job back that it did nothing with. */
  release(): void {
    this.#leasedUntil = 0;
  }

  /** A consumer is through with a job for now; `open`: targets that are still to be called. */
  settle(jobId: string, outcomes: readonly TargetOutcome[], isOpen: (id: string) => boolean): void {
    const job = this.#job;
    if (job?.id !== jobId) return;
    this.#leasedUntil = 0;
    for (const { id, result } of outcomes) if (result !== "later" && !job.done.includes(id)) job.done.push(id);
    if (outcomes.some(({ id }) => isOpen(id) && !job.done.includes(id))) this.#store.saveJob(job);
    else this.end();
  }

  /** Nothing is under way any more. */
  end(): void {
    if (this.#job === undefined) return;
    this.#job = undefined;
    this.#store.dropJob();
  }
}
