/**
 * Several tabs of one page share a store, but each needs a place of its own in it: a cursor that another connection moved on
 * would lose messages. So each tab takes the first free slot, held by a Web Lock for as long as it lives, and sends what a tab
 * that is gone left in its own.
 */
import { AllsparkError } from "../errors.ts";

/** More than a node may have connections. */
const SLOTS = 16;
/** How long a page that is being left may take to let go of its slot. */
const OLD_PAGE_MS = 300;

export interface Slots {
  own: number;
  /** Those of tabs that are gone; locked by this one, as its own is. */
  orphans: number[];
  release(): void;
}

/** Where there are no Web Locks, everyone has slot 0. Rejects with AllsparkError STORAGE where all are taken. */
export async function takeSlots(name: string): Promise<Slots> {
  const locks = (globalThis.navigator as Navigator | undefined)?.locks;
  if (locks === undefined) return { own: 0, orphans: [], release: () => {} };
  const releases = new Map<number, () => void>();
  const take = (slot: number, options: LockOptions): Promise<void> =>
    new Promise((resolve) => {
      const held = locks.request(`allspark/${name}/${slot}`, options, (lock) => {
        resolve();
        if (lock !== null) return new Promise<void>((release) => releases.set(slot, release));
        return undefined;
      });
      // Only the wait for a lock can be aborted.
      held.catch(() => resolve());
    });
  // A reload finds its old page still there for a moment, and wants the same slot again.
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), OLD_PAGE_MS);
  await take(0, { signal: patience.signal });
  clearTimeout(timer);
  for (let slot = 1; slot < SLOTS; slot++) await take(slot, { ifAvailable: true });
  const [own, ...orphans] = [...releases.keys()].sort((a, b) => a - b);
  if (own === undefined) throw new AllsparkError("STORAGE", `${SLOTS} tabs have ${name} open already`);
  return {
    own,
    orphans,
    release: () => {
      for (const release of releases.values()) release();
      releases.clear();
    },
  };
}

/** Of what other slots hold, only messages not yet acked are of use to this one. */
export function isAdoptable(key: string): boolean {
  return key.startsWith("out/");
}
