/** Checks of the socket: it opens, speaks this protocol, stays alive and carries a message. */
import { LIMITS } from "../../protocol/limits.ts";
import { SUBPROTOCOL_V1 } from "../../protocol/version.ts";
import { failureOf } from "../failures.ts";
import { connect, nodeClient } from "../node-client.ts";
import { type Check, good, wrong } from "./check.ts";
import { Frames } from "./frames.ts";

const ANSWER_WITHIN_MS = 8_000;
/** Proxies commonly cut what is silent for a minute. */
const LONGEST_HEARTBEAT_MS = 60_000;

export const socket: Check = {
  name: "socket",
  needs: ["speaker", "preConnection"],
  run: async (context, facts) => {
    const frames = new Frames();
    // Acks are held back until the inbox is known to be empty: what waits there is not the doctor's to take.
    const opened = nodeClient(context, facts.speaker!, { acks: false, onFrame: (text) => frames.heard(text) });
    const address = String(facts.preConnection?.["ws_url"]);
    try {
      await connect(opened);
    } catch (error) {
      return wrong(
        `${address}: ${failureOf(error).message}`,
        "clients must reach ws_url: set ALLSPARK_PUBLIC_URL to the address that they use, and let proxies pass WebSockets on",
      );
    }
    const first: unknown = JSON.parse(frames.first ?? "{}");
    const welcome = (Array.isArray(first) ? first[0] : first) as { payload?: Record<string, unknown> };
    facts.connection = { ...opened, frames };
    facts.welcome = welcome.payload ?? {};
    return good(`open, WELCOME to ${String(facts.welcome["node_id"])}`);
  },
};

export const version: Check = {
  name: "version",
  needs: ["connection"],
  run: (_, { connection }) => {
    const subprotocol = connection?.sockets.subprotocol;
    if (subprotocol === SUBPROTOCOL_V1) return good(`both speak ${SUBPROTOCOL_V1}`);
    return wrong(
      `this client speaks ${SUBPROTOCOL_V1}, the edge chose ${subprotocol || "none"}`,
      "deploy the edge of this client's version; or a proxy drops Sec-WebSocket-Protocol: let it pass on",
    );
  },
};

export const limits: Check = {
  name: "limits",
  needs: ["welcome"],
  run: (_, { welcome = {} }) => {
    const { max_frame_bytes: frame, heartbeat_ms: heartbeat } = welcome;
    if (typeof frame !== "number" || typeof heartbeat !== "number") {
      return wrong("WELCOME names no max_frame_bytes or heartbeat_ms", "deploy the edge of this client's version");
    }
    const detail = `frames of up to ${frame} bytes, a heartbeat every ${heartbeat / 1_000} s`;
    if (frame < LIMITS.maxFrameBytes)
      return wrong(detail, `clients may send ${LIMITS.maxFrameBytes}: deploy the edge of this version`);
    if (heartbeat > LONGEST_HEARTBEAT_MS) return wrong(detail, "proxies cut what is silent for a minute: shorten it");
    return good(detail);
  },
};

export const heartbeat: Check = {
  name: "heartbeat",
  needs: ["connection"],
  run: async (_, { connection }) => {
    const ms = await connection?.sockets.ping(ANSWER_WITHIN_MS);
    if (ms !== undefined) return good(`answered in ${ms.toFixed(1)} ms`);
    return wrong(
      `no pong within ${ANSWER_WITHIN_MS / 1_000} s`,
      "does something between here and the edge hold frames back?",
    );
  },
};

export const delivery: Check = {
  name: "delivery",
  needs: ["connection", "welcome", "waiting"],
  run: async (_, { connection, welcome, waiting = 0 }) => {
    const { client, sockets, frames } = connection!;
    const to = String(welcome?.["node_id"]);
    const payload = `allspark doctor ${crypto.randomUUID()}`;
    const hasCome = frames.contains(payload, ANSWER_WITHIN_MS);
    if (waiting > 0) {
      await client.send({ to, payload, volatile: true });
      if (!(await hasCome))
        return wrong("a volatile message to oneself did not come", "look into the edge's log (`npx wrangler tail`)");
      return good(`a volatile message to oneself came; a definite one was not tried, since ${waiting} wait before it`);
    }
    sockets.acks = true;
    // Another's message is left untaken, and so are all behind it.
    client.on("message", (message) => (message.payload === payload ? undefined : new Promise<void>(() => {})));
    const startedAt = performance.now();
    const ttlMs = ANSWER_WITHIN_MS;
    const { status } = await client.send({ to, payload, ttlMs }, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    const tookMs = performance.now() - startedAt;
    if (status === "delivered" && (await hasCome))
      return good(`a message to oneself was delivered and acked in ${tookMs.toFixed(1)} ms`);
    return wrong(
      `a message to oneself was ${status}, and not delivered`,
      "look into the edge's log (`npx wrangler tail`)",
    );
  },
};
