/** Presence and the master of a game: who is online, who is told, and who takes over. */
import { SESSION_TYPE } from "../domain/session/facts.ts";
import { type Member, shownName } from "../domain/session/member.ts";
import { nextOfflineAt, noteOnline, takeOffline } from "../domain/session/presence.ts";
import { nextMaster } from "../domain/session/routing.ts";
import { withSessionSeq } from "../domain/session/session-text.ts";
import { LIMITS } from "../protocol/limits.ts";
import { TYPE } from "../protocol/message-types.ts";
import { inParallel } from "../domain/in-parallel.ts";
import type { SessionState } from "./session-state.ts";

export class SessionWatch {
  readonly #session: SessionState;
  /** The session_seq of the last change of master that this life of the object knows of. */
  #masterSeq = 0;
  #checkedAt = 0;
  /** Members of whom the others have not been told yet, and what was heard meanwhile of their being online. */
  readonly #unannounced = new Map<Member, boolean | undefined>();

  constructor(session: SessionState) {
    this.#session = session;
  }

  /** After a restart: tells again of changes of master that not everyone may have heard of. */
  retell(): void {
    this.#masterSeq = this.#session.retell((member, seq) => this.hasAcked(member, seq));
  }

  /** A new member: nothing is told of it until `isIn`. */
  expect(member: Member): void {
    this.#unannounced.set(member, undefined);
  }

  /** A member's object knows of the membership, and the others do; `isOnline` is what its object answered. */
  isIn(member: Member, isOnline: boolean): void {
    // It may have come or gone while the answer was under way.
    const since = this.#unannounced.get(member);
    this.#unannounced.delete(member);
    this.isNow(member, since ?? isOnline);
    this.#fillVacancy(member);
  }

  /** A member has, or no longer has, a connection. */
  isNow(member: Member, isOnline: boolean): void {
    if (!this.#session.isWatched) return;
    if (this.#unannounced.has(member)) return void this.#unannounced.set(member, isOnline);
    const change = noteOnline(member, isOnline, Date.now());
    if (change === "same") return;
    this.#session.roster.save(member);
    if (change === "online") {
      this.#tell(TYPE.NODE_ONLINE, member);
      this.#elect();
    }
  }

  /** Ends the graces that are over. */
  sweep(now: number): void {
    if (!this.#session.isWatched) return;
    for (const member of takeOffline(this.#session.roster, now)) {
      this.#session.roster.save(member);
      this.#tell(TYPE.NODE_OFFLINE, member);
    }
    this.#elect();
  }

  get nextAt(): number | undefined {
    return this.#session.isWatched ? nextOfflineAt(this.#session.roster) : undefined;
  }

  /** A game is made before its master has come online: it may take as long to connect as one that has gone. */
  startLease(): void {
    const { facts, roster } = this.#session;
    const master = facts.masterId === null ? undefined : roster.get(facts.masterId);
    if (master === undefined || master.online || facts.pinnedMasterId !== null) return;
    master.offlineSince = Date.now();
    roster.save(master);
  }

  /** A game that has no master takes the first that comes in, even where it is away: else nobody may be heard for long. */
  #fillVacancy(member: Member): void {
    const { facts } = this.#session;
    if (facts.type !== SESSION_TYPE.GAME || facts.masterId !== null) return;
    this.#install(member);
    this.startLease();
  }

  left(member: Member): void {
    this.#unannounced.delete(member);
    const { facts } = this.#session;
    if (facts.type === SESSION_TYPE.GAME && facts.masterId === member.nodeId && facts.pinnedMasterId === null) {
      this.#handOver(member);
    }
  }

  /** A former master has acked a 110 of this session_seq, or everything up to it. */
  hasAcked(member: Member, upTo: number): void {
    if (!member.deposed || upTo < this.#masterSeq) return;
    member.deposed = false;
    this.#session.roster.save(member);
  }

  /**
   * Asks the objects of those who are believed to be online, where that belief is old: a crash of the machine takes sockets
   * without telling anyone.
   */
  async check(): Promise<void> {
    const { roster, facts } = this.#session;
    const now = Date.now();
    if (!facts.presence || roster.size > LIMITS.presenceListMembers) return;
    if (now - this.#checkedAt < LIMITS.presenceCheckMs) return;
    this.#checkedAt = now;
    const online = [...roster].filter((member) => member.online);
    await inParallel(online, LIMITS.sessionJoinsInFlight, async (member) => {
      try {
        this.isNow(member, await this.#session.node(member.nodeId).isOnline());
      } catch {
        // It is believed to be online for another while.
      }
    });
  }

  #tell(type: number, member: Member): void {
    const { facts, roster } = this.#session;
    if (!facts.presence || roster.size > LIMITS.presenceListMembers) return;
    this.#session.notice(type, shownName(member), {
      except: member.nodeId,
      volatile: true,
      among: this.#session.notified,
    });
  }

  /** Finds another master where the one there is has been offline for longer than its grace. */
  #elect(): void {
    const { facts, roster } = this.#session;
    if (facts.type !== SESSION_TYPE.GAME || facts.pinnedMasterId !== null) return;
    const master = facts.masterId === null ? undefined : roster.get(facts.masterId);
    if (master?.online || master?.offlineSince || roster.size === 0) return;
    if (master === undefined || [...roster].some(({ online }) => online)) this.#handOver(master);
  }

  /** `before` may be no member any more. */
  #handOver(before: Member | undefined): void {
    const { facts, roster } = this.#session;
    const next = nextMaster(roster, facts.masterId, before?.position ?? 0);
    if (before !== undefined) {
      before.deposed = true;
      roster.save(before);
    }
    this.#install(next);
    if (before !== undefined && next !== undefined) this.#passOn(before, next);
  }

  #install(next: Member | undefined): void {
    const { facts, roster } = this.#session;
    facts.masterId = next?.nodeId ?? null;
    facts.fencingNumber++;
    this.#session.saveFacts();
    if (next === undefined) return;
    if (next.deposed) {
      next.deposed = false;
      roster.save(next);
    }
    this.#masterSeq = this.#session.notice(TYPE.SESSION_MASTER_CHANGED, shownName(next), {
      payload: { master_id: shownName(next), fencing_number: facts.fencingNumber },
      wakes: next.nodeId,
      // It may have been deposed once more since this one was told.
      delivered: (member, seq) => this.hasAcked(member, seq),
    });
  }

  /** What was said to the former master, as the master, and may not have reached it is for the new one. */
  #passOn(former: Member, next: Member): void {
    const { fanOut, sequence } = this.#session;
    for (const entry of fanOut.pendingForMaster(former, Date.now())) {
      if (entry.except === next.nodeId) continue;
      const seq = sequence.next();
      fanOut.post({ ...entry, seq, tail: withSessionSeq(entry.tail, seq), to: next.nodeId });
    }
  }
}
