/**
 * Several tabs of one page share a store, but each needs a place of its own in it: a cursor that another connection moved on
 * would lose messages. So each tab takes a free slot, held by a Web Lock for as long as it lives, and sends what a tab that is gone
 * left in its own.
 */
import { AllsparkError } from "../errors.ts";

/** More than a node may have connections. */
const SLOTS = 16;
/** How long the page whose place this one takes may need to let go of its slot. */
const OLD_PAGE_MS = 1_000;

export interface Slot {
  number: number;
  /** Calls `adopt` with each slot whose tab is gone, while nobody else can take it. */
  adoptOthers(adopt: (slot: number) => Promise<void> | void): Promise<void>;
  release(): void;
}

/** Where there are no Web Locks, everyone has slot 0. Rejects with AllsparkError STORAGE where all are taken. */
export async function takeSlot(name: string): Promise<Slot> {
  const locks = (globalThis.navigator as Navigator | undefined)?.locks;
  if (locks === undefined) return { number: 0, adoptOthers: async () => {}, release: () => {} };
  /** Answers what lets go of the slot; undefined where another tab has it. */
  const take = (slot: number, options: LockOptions) =>
    new Promise<(() => void) | undefined>((resolve) => {
      const held = locks.request(`allspark/${name}/${slot}`, options, (lock) => {
        if (lock !== null) return new Promise<void>((release) => resolve(release));
        resolve(undefined);
        return undefined;
      });
      // Only the wait for a lock can be aborted.
      held.catch(() => resolve(undefined));
    });
  const before = slotOfTab(name);
  let own = before ?? -1;
  let release: (() => void) | undefined;
  if (before !== undefined) {
    // A reload finds its old page still there for a moment, and wants the same slot again.
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), OLD_PAGE_MS);
    release = await take(before, { signal: patience.signal });
    clearTimeout(timer);
    if (release === undefined) own = -1;
  }
  while (release === undefined && ++own < SLOTS) release = await take(own, { ifAvailable: true });
  if (release === undefined) throw new AllsparkError("STORAGE", `${SLOTS} tabs have ${name} open already`);
  rememberSlot(name, own);
  return {
    number: own,
    release,
    adoptOthers: async (adopt) => {
      for (let slot = 0; slot < SLOTS; slot++) {
        if (slot === own) continue;
        // One at a time, so that a tab that opens now finds a slot for itself.
        const letGo = await take(slot, { ifAvailable: true });
        if (letGo === undefined) continue;
        try {
          await adopt(slot);
        } finally {
          letGo();
        }
      }
    },
  };
}

/** Of what other slots hold, only messages not yet acked are of use to this one. */
export function isAdoptable(key: string): boolean {
  return key.startsWith("out/");
}

/** Throws AllsparkError STORAGE where there is none: it might write into another tab's. */
export function openSlot(slot: Slot | undefined, name: string): number {
  if (slot === undefined) throw new AllsparkError("STORAGE", `${name} is not open`);
  return slot.number;
}

/** sessionStorage lives as long as its tab, through reloads. Workers have none, and a page may be forbidden it. */
function slotOfTab(name: string): number | undefined {
  try {
    const kept = sessionStorage.getItem(`allspark/${name}/slot`);
    return kept === null ? undefined : Number(kept);
  } catch {
    return undefined;
  }
}

function rememberSlot(name: string, slot: number): void {
  try {
    sessionStorage.setItem(`allspark/${name}/slot`, String(slot));
  } catch {
    // A reload then takes the first slot that is free, and sends what this one left.
  }
}
