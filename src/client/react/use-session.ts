import { useCallback, useMemo, useSyncExternalStore } from "react";
import type { JoinOptions } from "../sessions/sessions.ts";
import { useProvided } from "./provided-context.ts";
import { type SessionState, UNKNOWN_SESSION } from "./watched-session.ts";

/**
 * How {@link useSession} takes part.
 *
 * @example
 * ```tsx
 * import { useSession, type UseSessionOptions } from "allspark/react";
 *
 * const masked: UseSessionOptions = { join: { anonymous: true } };
 *
 * export function Masked() {
 *   const { me } = useSession("carnival", masked);
 *   return <p>Here you are {me?.anonymousId}</p>;
 * }
 * ```
 */
export interface UseSessionOptions {
  /** Makes this node a member first, under its own name or as the options say. It stays one when the component is gone. */
  join?: boolean | JoinOptions;
}

/**
 * A session as it is now and as it changes. Components that watch the same one share it. Where no id is known yet, give undefined.
 *
 * @example
 * ```tsx
 * import { useSession } from "allspark/react";
 *
 * export function Members({ id }: { id: string }) {
 *   const { members, isLoading, error, send } = useSession(id, { join: true });
 *   if (isLoading) return <p>…</p>;
 *   if (error) return <p>{error.message}</p>;
 *   return (
 *     <>
 *       <ul>
 *         {members.map(({ name, online }) => (
 *           <li key={name}>{online ? name : `${name} (away)`}</li>
 *         ))}
 *       </ul>
 *       <button onClick={() => void send({ payload: "hello all" })}>Greet</button>
 *     </>
 *   );
 * }
 * ```
 */
export function useSession(id: string | undefined, options: UseSessionOptions = {}): SessionState {
  const provided = useProvided("useSession");
  const { join = false } = options;
  const joins = join !== false;
  const { anonymous, anonymousId } = typeof join === "object" ? join : ({} as JoinOptions);
  const session = useMemo(
    () => (id === undefined ? undefined : provided.session(id, joins ? { anonymous, anonymousId } : undefined)),
    [provided, id, joins, anonymous, anonymousId],
  );
  const subscribe = useCallback((changed: () => void) => session?.onChange(changed) ?? (() => {}), [session]);
  const read = () => session?.state ?? UNKNOWN_SESSION;
  return useSyncExternalStore(subscribe, read, read);
}
