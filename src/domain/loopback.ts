/** Hostnames, as a URL spells them, under which nobody listens but this machine: plain http is fine there. */
export const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);
