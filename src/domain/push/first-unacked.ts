/** The oldest message of an inbox that its node has not acked. */
import type { Inbox } from "../inbox.ts";
import type { StoredMessage } from "../inbox-row.ts";
import { isExpired } from "../intake.ts";

/** The first from this seq on that `matches` and whose time has not run out. */
export function firstUnacked(
  inbox: Pick<Inbox, "next">,
  from: number,
  matches: (message: StoredMessage) => boolean,
  now: number,
): StoredMessage | undefined {
  for (let next = inbox.next(from); next !== undefined;) {
    for (const message of next.messages) {
      if (matches(message) && !isExpired(message, now)) return message;
    }
    next = inbox.next(next.messages.at(-1)!.seq + 1);
  }
  return undefined;
}
