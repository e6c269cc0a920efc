/** Judges a run from what was sent and what arrived; knows nothing of sockets, so it can be tested itself. */

export interface Verdict {
  /** Sent and never received. */
  lost: string[];
  /** Received more than once, after de-duplication by the receiver. */
  doubled: string[];
  /** Received after a later message of the same pair. */
  outOfOrder: string[];
  /** Received and never sent by that pair. */
  invented: string[];
}

/** Collects both sides of every (sender, receiver) pair. Ids need be unique within a pair only. */
export class Ledger {
  readonly #sent = new Map<string, string[]>();
  readonly #received = new Map<string, string[]>();

  /** Call in sending order. */
  sent(from: string, to: string, id: string): void {
    append(this.#sent, `${from} → ${to}`, id);
  }

  /** Call in order of arrival. */
  received(from: string, to: string, id: string): void {
    append(this.#received, `${from} → ${to}`, id);
  }

  verdict(): Verdict {
    const verdict: Verdict = { lost: [], doubled: [], outOfOrder: [], invented: [] };
    for (const [pair, ids] of this.#sent) judgePair(pair, ids, this.#received.get(pair) ?? [], verdict);
    for (const [pair, ids] of this.#received)
      if (!this.#sent.has(pair)) verdict.invented.push(...ids.map((id) => `${pair}: ${id}`));
    return verdict;
  }
}

/** What a run must come to. */
export const FLAWLESS: Verdict = { lost: [], doubled: [], outOfOrder: [], invented: [] };

function judgePair(pair: string, sent: string[], received: string[], verdict: Verdict): void {
  const position = new Map(sent.map((id, index) => [id, index]));
  const seen = new Set<string>();
  let highest = -1;
  for (const id of received) {
    const at = position.get(id);
    if (at === undefined) verdict.invented.push(`${pair}: ${id}`);
    else if (seen.has(id)) verdict.doubled.push(`${pair}: ${id}`);
    else {
      if (at < highest) verdict.outOfOrder.push(`${pair}: ${id}`);
      highest = Math.max(highest, at);
      seen.add(id);
    }
  }
  for (const id of sent) if (!seen.has(id)) verdict.lost.push(`${pair}: ${id}`);
}

function append(map: Map<string, string[]>, key: string, id: string): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [id]);
  else list.push(id);
}
