/** What one component wants to see of the messages that came. */
import type { IncomingMessage } from "../message.ts";

export interface Selection {
  session: string | undefined;
  from: string | undefined;
  filter: ((message: IncomingMessage) => boolean) | undefined;
  limit: number;
}

type Messages = readonly IncomingMessage[];

/**
 * Reads `log` through a selection, newest last. As long as the same messages are chosen it answers the same array, that of
 * `previous` at first: so a component is not drawn anew for what it does not show.
 */
export function selector(
  log: () => Messages,
  { session, from, filter, limit }: Selection,
  previous: () => Messages,
): () => Messages {
  const isChosen = (message: IncomingMessage) =>
    (session === undefined || message.session === session) &&
    (from === undefined || message.from === from) &&
    (filter === undefined || filter(message));
  let read: Messages | undefined;
  let chosen: Messages | undefined;
  return () => {
    const messages = log();
    if (chosen !== undefined && read === messages) return chosen;
    read = messages;
    chosen = same(chosen ?? previous(), newest(messages, isChosen, limit));
    return chosen;
  };
}

/** From the end, since a few of many are wanted. */
function newest(messages: Messages, isChosen: (message: IncomingMessage) => boolean, limit: number): Messages {
  const found: IncomingMessage[] = [];
  for (let i = messages.length - 1; i >= 0 && found.length < limit; i--) {
    if (isChosen(messages[i]!)) found.push(messages[i]!);
  }
  return found.reverse();
}

function same(before: Messages, now: Messages): Messages {
  return before.length === now.length && before.every((message, i) => message === now[i]) ? before : now;
}
