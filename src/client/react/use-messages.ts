import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import type { IncomingMessage } from "../message.ts";
import { selector } from "./message-selection.ts";
import { useProvided } from "./provided-context.ts";

/**
 * Which messages {@link useMessages} shows; those that fulfil every condition.
 *
 * @example
 * ```tsx
 * import { useMessages, type UseMessagesOptions } from "allspark/react";
 *
 * const scores: UseMessagesOptions = { session: "game-1", filter: ({ type }) => type === 7, limit: 1 };
 *
 * export function Score() {
 *   const [newest] = useMessages(scores);
 *   return <output>{JSON.stringify(newest?.payload)}</output>;
 * }
 * ```
 */
export interface UseMessagesOptions {
  /** Of this session. */
  session?: string;
  /** From this node; in a session, by its name there. */
  from?: string;
  filter?: (message: IncomingMessage) => boolean;
  /** At most so many, the newest. Default 200. */
  limit?: number;
}

/**
 * The newest of the messages that came, newest last; those that this node sent are not among them.
 *
 * From the first use on the provider takes every message of the node, which is acked with that, and keeps the newest 5,000 in memory
 * until it is unmounted: so a component that is mounted later, or again, misses nothing. After a reload they are gone: what has to
 * outlive that, take with `allspark.on("message", …)` into a store of your own, or read a session's history.
 *
 * @example
 * ```tsx
 * import { useMessages } from "allspark/react";
 *
 * export function Chat({ session }: { session: string }) {
 *   const messages = useMessages({ session });
 *   return (
 *     <ol>
 *       {messages.map((message) => (
 *         <li key={message.sessionSeq}>
 *           {message.from}: {String(message.payload)}
 *         </li>
 *       ))}
 *     </ol>
 *   );
 * }
 * ```
 */
export function useMessages(options: UseMessagesOptions = {}): readonly IncomingMessage[] {
  const { messages: log } = useProvided("useMessages");
  const { session, from, filter, limit = 200 } = options;
  const shown = useRef<readonly IncomingMessage[]>([]);
  const read = useMemo(
    () =>
      selector(
        () => log.messages,
        { session, from, filter, limit },
        () => shown.current,
      ),
    [log, session, from, filter, limit],
  );
  const subscribe = useCallback((changed: () => void) => log.onChange(changed), [log]);
  const messages = useSyncExternalStore(subscribe, read, read);
  useEffect(() => {
    shown.current = messages;
  }, [messages]);
  return messages;
}
