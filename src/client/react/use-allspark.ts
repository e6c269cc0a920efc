import { useCallback, useSyncExternalStore } from "react";
import type { Allspark } from "../allspark.ts";
import type { Status } from "../status.ts";
import { useProvided } from "./provided-context.ts";

/**
 * What {@link useAllspark} answers.
 *
 * @example
 * ```tsx
 * import type { AllsparkContextValue } from "allspark/react";
 *
 * const title = ({ status, nodeId }: AllsparkContextValue) => `${nodeId ?? "nobody yet"} is ${status.state}`;
 * console.log(typeof title);
 * ```
 */
export interface AllsparkContextValue {
  /** The client, for everything that has no hook. */
  allspark: Allspark;
  /** Of the connection. */
  status: Status;
  /** This node's id, once an edge has said it. */
  nodeId: string | undefined;
}

/**
 * The client of the provider above, and the state of its connection.
 *
 * @example
 * ```tsx
 * import { useAllspark } from "allspark/react";
 *
 * export function SendButton() {
 *   const { allspark, status } = useAllspark();
 *   const greet = () => void allspark.send({ to: "bob", payload: "hello" });
 *   return <button onClick={greet}>{status.state === "connected" ? "Send" : "Send when connected"}</button>;
 * }
 * ```
 */
export function useAllspark(): AllsparkContextValue {
  const { allspark } = useProvided("useAllspark");
  const subscribe = useCallback((changed: () => void) => allspark.on("status", changed), [allspark]);
  const read = () => allspark.status;
  const status = useSyncExternalStore(subscribe, read, read);
  return { allspark, status, nodeId: allspark.nodeId };
}
