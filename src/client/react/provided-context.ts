/** How the hooks find their provider. */
import { createContext, useContext } from "react";
import { AllsparkError } from "../errors.ts";
import type { ProvidedClient } from "./provided-client.ts";

export const ProvidedContext = createContext<ProvidedClient | undefined>(undefined);

/** Throws AllsparkError BAD_OPTION where there is no provider above; `hook` is for the message. */
export function useProvided(hook: string): ProvidedClient {
  const provided = useContext(ProvidedContext);
  if (provided === undefined) throw new AllsparkError("BAD_OPTION", `${hook} needs an <AllsparkProvider> above it`);
  return provided;
}
