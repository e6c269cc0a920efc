import { type ReactNode, useEffect, useMemo, useState } from "react";
import { Allspark } from "../allspark.ts";
import type { AllsparkOptions } from "../options.ts";
import { ProvidedContext } from "./provided-context.ts";
import { ProvidedClient } from "./provided-client.ts";

/**
 * Either a `client`, or the options of one. Options are read once, when the provider is mounted: give it another `key` where they
 * change, as for another user.
 *
 * @example
 * ```tsx
 * import { AllsparkProvider, type AllsparkProviderProps } from "allspark/react";
 *
 * function Realtime({ user, ...props }: { user: string } & AllsparkProviderProps) {
 *   return <AllsparkProvider key={user} {...props} />;
 * }
 * ```
 */
export type AllsparkProviderProps = { children?: ReactNode } & (
  | { client: Allspark }
  | (AllsparkOptions & { client?: undefined })
);

/**
 * Connects when it is mounted and closes when it is unmounted, and gives the components below it the connection. Under StrictMode
 * too it connects once. What hinders it from connecting is the `status` of {@link useAllspark}.
 *
 * @example
 * ```tsx
 * import { AllsparkProvider, useAllspark } from "allspark/react";
 *
 * function State() {
 *   return <p>{useAllspark().status.state}</p>;
 * }
 *
 * const authKey = async () => (await fetch("/allspark-key")).text();
 *
 * export function App() {
 *   return (
 *     <AllsparkProvider url="https://allspark.example.workers.dev" authKey={authKey}>
 *       <State />
 *     </AllsparkProvider>
 *   );
 * }
 * ```
 */
export function AllsparkProvider(props: AllsparkProviderProps): ReactNode {
  if (props.client !== undefined) return <Connected client={props.client}>{props.children}</Connected>;
  return <OwnClient {...props} />;
}

function OwnClient({ children, ...options }: { children?: ReactNode } & AllsparkOptions): ReactNode {
  const [client] = useState(() => new Allspark(options));
  return <Connected client={client}>{children}</Connected>;
}

function Connected({ client, children }: { client: Allspark; children?: ReactNode }): ReactNode {
  const provided = useMemo(() => new ProvidedClient(client), [client]);
  useEffect(() => provided.mount(), [provided]);
  return <ProvidedContext.Provider value={provided}>{children}</ProvidedContext.Provider>;
}
