/** Checks that need no key: is it there, is it safe to talk to, do the clocks agree. */
import { isIPv4 } from "node:net";
import { RefusedError } from "../../client/index.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { edgeCall } from "../edge-call.ts";
import { deepestCause, failureOf } from "../failures.ts";
import { type Check, good, wrong } from "./check.ts";

/** By the code of what lies beneath a failed fetch. */
const UNREACHABLE: Record<string, string> = {
  ECONNREFUSED: "nothing listens there: is the edge running (`npm run dev`), and is the port right?",
  ENOTFOUND: "there is no such host: check the address",
  EAI_AGAIN: "names cannot be looked up: is this machine online?",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name: check the address",
  CERT_HAS_EXPIRED: "its certificate has expired: renew it",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed: clients will refuse it, too",
};

export const reachable: Check = {
  name: "reachable",
  needs: [],
  run: async (context, facts) => {
    const { url } = context.config;
    const startedAt = Date.now();
    let health: { status?: unknown; cluster_id?: unknown; server_time?: unknown };
    try {
      health = await edgeCall(context, { path: "/v1/health" });
    } catch (error) {
      const { code, message } = failureOf(error);
      if (code === "MISCONFIGURED") return wrong(message, "mend the settings that it names, see docs/settings.md");
      if (error instanceof RefusedError) return wrong(message, "look into the edge's log (`npx wrangler tail`)");
      const why = UNREACHABLE[deepestCause(error).code ?? ""];
      return wrong(message, why ?? "is this the address of an Allspark, and may this machine reach it?");
    }
    const tookMs = Date.now() - startedAt;
    if (health.status !== "ok" || typeof health.server_time !== "number") {
      return wrong(`${url}/v1/health does not answer as an Allspark`, "is this the address of the edge itself?");
    }
    facts.clockOffsetMs = Math.round(health.server_time - startedAt - tookMs / 2);
    facts.isLocal = isLocal(new URL(url).hostname);
    return good(`${url}, cluster ${String(health.cluster_id)}, answers in ${tookMs} ms`);
  },
};

export const encrypted: Check = {
  name: "encrypted",
  needs: ["isLocal"],
  run: ({ config: { url } }, { isLocal: local }) => {
    if (url.startsWith("https:")) return good("https");
    if (local) return good("http, and on this machine or network");
    return wrong("http: keys and messages go in the clear", `use ${url.replace(/^http:/, "https:")}`);
  },
};

export const clock: Check = {
  name: "clock",
  needs: ["clockOffsetMs"],
  run: (_, { clockOffsetMs = 0 }) => {
    if (Math.abs(clockOffsetMs) < 500) return good("the edge's and this one agree");
    const seconds = (Math.abs(clockOffsetMs) / 1_000).toFixed(1);
    const detail = `the edge's is ${seconds} s ${clockOffsetMs < 0 ? "behind" : "ahead"}`;
    if (Math.abs(clockOffsetMs) < LIMITS.clockSkewMs) return good(detail);
    return wrong(detail, "keys made here are refused as expired or not valid yet: set this machine's clock (NTP)");
  },
};

export const devKeys: Check = {
  name: "dev keys",
  needs: ["isLocal"],
  run: async (context, { isLocal: local }) => {
    try {
      // Without a node_id none is made.
      await edgeCall(context, { method: "POST", path: "/dev/key", body: {} });
    } catch (error) {
      if (error instanceof RefusedError && error.code === "NOT_FOUND")
        return good("off: nobody can make keys without the secrets");
      if (!(error instanceof RefusedError) || error.status !== 400) throw error;
    }
    if (local) return good("on, as is usual for development");
    return wrong(
      "POST /dev/key makes a key for anybody",
      "remove ALLSPARK_DEV_KEYS from the settings and deploy again",
    );
  },
};

/** This machine, or a network that is not the internet. */
export function isLocal(host: string): boolean {
  if (isIPv4(host)) return /^(127|10)\.|^192\.168\.|^172\.(1[6-9]|2\d|3[01])\./.test(host);
  if (host.startsWith("[")) return /^\[(::1\]|f[cd][0-9a-f]{2}:)/.test(host);
  return !host.includes(".") || /\.(local|localhost|internal|lan)$/.test(host);
}
