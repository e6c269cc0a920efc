/**
 * Judges what the members of one session received: one order for all, by session_seq; nothing twice; and in the end
 * everything that was said, but for a member's own.
 */
import type { Message } from "./v1-client.ts";

interface Received {
  src: string;
  id: string;
  seq: unknown;
}

export interface SessionVerdict {
  /** Messages that some member lacks, "member: src id". */
  missing: string[];
  /** Messages that some member got although it was never said, was its own, or had come before. */
  wrong: string[];
  /** Where a member's order was not that of the session, or not that of a sender. */
  swapped: string[];
  /** Session_seqs under which two members got different messages, and messages that had two of them. */
  torn: string[];
}

export const WHOLE: SessionVerdict = { missing: [], wrong: [], swapped: [], torn: [] };

export class SessionJudge {
  readonly #members = new Map<string, Received[]>();
  readonly #said = new Map<string, Set<string>>();

  /** `name` is what the member's own messages are shown under. */
  member(name: string): void {
    this.#members.set(name, []);
  }

  /** Ids of a sender end in a counter. */
  said(src: string, id: string): void {
    const ids = this.#said.get(src) ?? new Set();
    this.#said.set(src, ids.add(id));
  }

  /** An app's message of the session, as the client handed it on: each (src_id, id) once. */
  received(member: string, message: Message): void {
    const { src_id: src = "", id = "", session_seq: seq } = message;
    this.#members.get(member)!.push({ src, id, seq });
  }

  count(member: string): number {
    return this.#members.get(member)!.length;
  }

  /**
   * `strict`: each message has one session_seq for all. After a crash of the edge, one that its sender had to send again
   * may have come to some members under its first number and to others under its second.
   */
  verdict({ strict }: { strict: boolean }): SessionVerdict {
    const verdict: SessionVerdict = { missing: [], wrong: [], swapped: [], torn: [] };
    const bySeq = new Map<unknown, string>();
    const seqOf = new Map<string, unknown>();
    for (const [member, received] of this.#members) {
      this.#judgeMember(member, received, verdict);
      for (const { src, id, seq } of received) {
        const name = `${src} ${id}`;
        const other = bySeq.get(seq) ?? name;
        if (other !== name) verdict.torn.push(`${seq}: ${name}, ${other}`);
        bySeq.set(seq, other);
        const before = seqOf.get(name) ?? seq;
        if (strict && before !== seq) verdict.torn.push(`${name}: ${before}, ${seq}`);
        seqOf.set(name, before);
      }
    }
    return verdict;
  }

  #judgeMember(member: string, received: readonly Received[], verdict: SessionVerdict): void {
    const seen = new Map<string, Set<string>>();
    const last = new Map<string, number>();
    let lastSeq = 0;
    for (const { src, id, seq } of received) {
      const ids = seen.get(src) ?? new Set();
      if (src === member || ids.has(id) || !this.#said.get(src)?.has(id)) verdict.wrong.push(`${member}: ${src} ${id}`);
      seen.set(src, ids.add(id));
      const number = Number(/\d+$/.exec(id)?.[0] ?? "NaN");
      const before = last.get(src) ?? -1;
      if (!(number > before)) verdict.swapped.push(`${member}: ${src} ${id} after ${before}`);
      last.set(src, Math.max(before, number));
      if (typeof seq !== "number" || seq <= lastSeq)
        verdict.swapped.push(`${member}: session_seq ${seq} after ${lastSeq}`);
      else lastSeq = seq;
    }
    for (const [src, ids] of this.#said) {
      if (src === member) continue;
      for (const id of ids) if (!seen.get(src)?.has(id)) verdict.missing.push(`${member}: ${src} ${id}`);
    }
  }
}
