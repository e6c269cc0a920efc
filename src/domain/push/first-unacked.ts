/** The oldest message of an inbox that calls for a push. */
import type { Inbox } from "../inbox.ts";
import type { StoredMessage } from "../inbox-row.ts";
import { isExpired } from "../intake.ts";

/** The first from this seq on that `isOpen` says is unacked, whose time has not run out, and whose sender wants a push. */
export function firstUnacked(
  inbox: Pick<Inbox, "next">,
  from: number,
  isOpen: (seq: number) => boolean,
  now: number,
): StoredMessage | undefined {
  for (let next = inbox.next(from); next !== undefined;) {
    for (const message of next.messages) {
      if (!message.push?.off && isOpen(message.seq) && !isExpired(message, now)) return message;
    }
    next = inbox.next(next.messages.at(-1)!.seq + 1);
  }
  return undefined;
}
