/**
 * Judges what the members of one session received: one order for all, by session_seq; nothing twice; and in the end
 * everything that was said, but for a member's own.
 */
import type { Message } from "./v1-client.ts";

interface Received {
  src: string;
  id: string;
  seq: number;
}

export interface SessionVerdict {
  /** Messages that some member lacks, "member: src id". */
  missing: string[];
  /** Messages that some member got although it was never said, was its own, or had come before. */
  wrong: string[];
  /** Where a member's order was not that of the session. */
  swapped: string[];
  /** Session_seqs under which two members got different messages. */
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

  said(src: string, id: string): void {
    const ids = this.#said.get(src) ?? new Set();
    this.#said.set(src, ids.add(id));
  }

  /** An app's message of the session, as the client handed it on: each (src_id, id) once. */
  received(member: string, message: Message): void {
    const { src_id: src = "", id = "", session_seq: seq } = message;
    this.#members.get(member)!.push({ src, id, seq: seq as number });
  }

  count(member: string): number {
    return this.#members.get(member)!.length;
  }

  /**
   * `strict`: session_seqs only grow at each member, and name the same message for all. After a crash of the edge a
   * message may come to some members under another number than to others; what one sender said stays in order even then.
   */
  verdict({ strict }: { strict: boolean }): SessionVerdict {
    const verdict: SessionVerdict = { missing: [], wrong: [], swapped: [], torn: [] };
    const bySeq = new Map<number, string>();
    for (const [member, received] of this.#members) {
      const seen = new Map<string, Set<string>>();
      const last = new Map<string, number>();
      let lastSeq = 0;
      for (const { src, id, seq } of received) {
        const ids = seen.get(src) ?? new Set();
        if (src === member || ids.has(id) || !this.#said.get(src)?.has(id))
          verdict.wrong.push(`${member}: ${src} ${id}`);
        seen.set(src, ids.add(id));
        // Ids of a sender end in a counter.
        const number = Number(/\d+$/.exec(id)?.[0]);
        if (number <= (last.get(src) ?? -1)) verdict.swapped.push(`${member}: ${src} ${id} after ${last.get(src)}`);
        last.set(src, number);
        if (!strict) continue;
        if (!(seq > lastSeq)) verdict.swapped.push(`${member}: session_seq ${seq} after ${lastSeq}`);
        lastSeq = seq;
        const name = `${src} ${id}`;
        if ((bySeq.get(seq) ?? name) !== name) verdict.torn.push(`${seq}: ${name}, ${bySeq.get(seq)}`);
        bySeq.set(seq, name);
      }
      for (const [src, ids] of this.#said) {
        if (src === member) continue;
        for (const id of ids) if (!seen.get(src)?.has(id)) verdict.missing.push(`${member}: ${src} ${id}`);
      }
    }
    return verdict;
  }
}
