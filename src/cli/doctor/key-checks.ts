/** Checks of the key, and of what the edge answers its holder before there is a socket. */
import { RefusedError } from "../../client/index.ts";
import { namedOrOwn } from "../config/speaker.ts";
import { edgeCall, path } from "../edge-call.ts";
import { UsageError } from "../failures.ts";
import { type Check, good, wrong } from "./check.ts";

/** A node that is nobody else's. */
const DOCTOR = "allspark-doctor";

export const key: Check = {
  name: "key",
  needs: ["isLocal"],
  run: async (context, facts) => {
    try {
      const speaker = namedOrOwn(context.config, DOCTOR);
      facts.preConnection = await edgeCall(context, { method: "POST", path: "/v1/connections", speaker });
      facts.speaker = speaker;
      return good(`${speaker.nodeId ?? "the given one"} is let in`);
    } catch (error) {
      if (error instanceof UsageError) return wrong("there is none to try", error.message);
      if (!(error instanceof RefusedError) || error.status !== 401) throw error;
      return wrong(error.message, mendKey(error.code, context.config.speaker?.kind === "key"));
    }
  },
};

function mendKey(code: string, isGiven: boolean): string {
  if (code === "AUTH_EXPIRED")
    return isGiven ? "make a new one: `allspark key NODE`" : "set this machine's clock (NTP)";
  if (code === "AUTH_REVOKED") return "its node was revoked: make a new one, `allspark key NODE`";
  const same = isGiven ? "the one that it was made with must be among" : "the secrets here must be among";
  return `${same} the deployment's ALLSPARK_SECRETS; ALLSPARK_JWT_ISSUER and _AUDIENCE must match too, where they are set`;
}

export const preConnection: Check = {
  name: "pre-connection",
  needs: ["preConnection"],
  run: ({ config }, { preConnection: answer = {} }) => {
    const { ws_url: address, validation_key: validationKey } = answer;
    if (typeof address !== "string" || typeof validationKey !== "string" || !URL.canParse(address)) {
      return wrong("the answer lacks ws_url or validation_key", "is this an Allspark of this version?");
    }
    const [http, ws] = [new URL(config.url), new URL(address)];
    const right = http.protocol === "https:" ? "wss:" : "ws:";
    if (ws.protocol !== right) {
      const publicUrl = config.url.startsWith("https:") ? config.url : `http://${http.host}`;
      return wrong(
        `ws_url is ${address}, though the edge is reached by ${http.protocol}//`,
        `pages would refuse to mix them: set ALLSPARK_PUBLIC_URL=${publicUrl} on the edge`,
      );
    }
    return good(`ws_url ${address}${ws.host === http.host ? "" : ", another host than the edge's"}`);
  },
};

export const inbox: Check = {
  name: "inbox",
  needs: ["speaker", "welcome"],
  run: async (context, facts) => {
    const nodeId = String(facts.welcome?.["node_id"]);
    const call = { path: `${path`/v1/nodes/${nodeId}/inbox`}?limit=100`, speaker: facts.speaker };
    const { messages, more } = await edgeCall<{ messages: unknown[]; more: boolean }>(context, call);
    facts.waiting = messages.length;
    return good(
      messages.length === 0 ? "readable, empty" : `readable, ${messages.length}${more ? " or more" : ""} waiting`,
    );
  },
};
