/** What becomes of one message: open until it is known, then told to everyone who asked. */
import type { LaneAnswer, LaneStatus } from "./lane.ts";

export class Fate {
  status: LaneStatus | undefined;
  #listeners: ((status: LaneStatus) => void)[] | undefined;

  /** Only the first status counts. */
  settle(status: LaneStatus): void {
    if (this.status !== undefined) return;
    this.status = status;
    const listeners = this.#listeners;
    this.#listeners = undefined;
    if (listeners !== undefined) for (const listener of listeners) listener(status);
  }

  /** Calls back at once where the status is known. */
  onSettled(listener: (status: LaneStatus) => void): void {
    if (this.status !== undefined) listener(this.status);
    else (this.#listeners ??= []).push(listener);
  }
}

/** The answer to a batch, complete when the last of its messages is settled. */
export function answerOf(fates: readonly Fate[]): Promise<LaneAnswer> | LaneAnswer {
  let open = 0;
  for (const fate of fates) if (fate.status === undefined) open++;
  if (open === 0) return { statuses: compact(fates) };
  return new Promise((resolve) => {
    const settled = () => {
      open--;
      if (open === 0) resolve({ statuses: compact(fates) });
    };
    for (const fate of fates) if (fate.status === undefined) fate.onSettled(settled);
  });
}

/** One status where all are the same. */
function compact(fates: readonly Fate[]): LaneStatus[] | LaneStatus {
  const first = fates[0]?.status ?? "delivered";
  return fates.every((fate) => fate.status === first) ? first : fates.map((fate) => fate.status!);
}
