/** Sees whether a port can be had before anything is built: workerd itself names neither the option nor the way out. */
import { createServer } from "node:net";
import { Refusal } from "./refusal.ts";

/**
 * Throws where `port` of `host` is taken or not ours to take. Whatever else may be wrong is left to workerd, which reads
 * addresses in more forms than Node does.
 */
export async function refuseTakenPort(host: string, port: number): Promise<void> {
  const code = await new Promise<string | undefined>((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
  if (code === "EADDRINUSE") {
    throw new Refusal(`port ${port} of ${host} is in use: stop what listens there, or give another one with --port`);
  }
  if (code === "EACCES") {
    throw new Refusal(`port ${port} of ${host} needs rights that you do not have: give one above 1023 with --port`);
  }
  if (code === "EADDRNOTAVAIL") throw new Refusal(`--host ${host} is not an address of this machine`);
}
