/**
 * One v1 connection of a node (docs/protocol.md): keys, pre-connection, the socket, acks both ways, resume. It shows
 * nothing; what happens goes to `events`. Everything that the edge sends is untrusted text.
 *
 * @typedef {object} Events
 * @property {(welcome: object) => void} online
 * @property {(reason: string, failed: boolean) => void} offline
 * @property {(message: object) => void} message each message once
 * @property {(id: string, outcome: string, detail?: string) => void} outcome of what was sent: delivered, stored, queued or refused
 * @property {(text: string) => void} gap
 * @property {(text: string) => void} error
 */

const ACK_AFTER_MS = 20;
const REMEMBERED_IDS = 2_000;
const NORMAL_CLOSURE = 1000;

/** The edge hands out no keys; the user must bring one. */
export class KeyNeeded extends Error {}

export class EdgeConnection {
  #events;
  #nodeId;
  #socket;
  /** Where the node left off; a new connection of the same node resumes there. */
  #epoch;
  #lastSeq = 0;
  /** Sent and not acked yet, by id: sent again after a break, under the same id. */
  #unacked = new Map();
  /** `src_id id` of what has been shown: the wire is at-least-once. */
  #seen = new Set();
  #ackTimer;
  #pingTimer;
  #pongMissing = false;

  /** @param {string} nodeId @param {Events} events */
  constructor(nodeId, events) {
    this.#nodeId = nodeId;
    this.#events = events;
  }

  get nodeId() {
    return this.#nodeId;
  }

  get hasBeenOnline() {
    return this.#epoch !== undefined;
  }

  /** Opens the socket; `online` or `offline` follows. Throws KeyNeeded without `authKey` where the edge makes none. */
  async connect(authKey) {
    const key = authKey || (await developmentKey(this.#nodeId));
    const { ws_url, validation_key } = await post("/v1/connections", {}, { authorization: `Bearer ${key}` });
    const url = new URL(ws_url);
    url.searchParams.set("validation_key", validation_key);
    if (this.#epoch !== undefined) {
      url.searchParams.set("epoch", this.#epoch);
      url.searchParams.set("last_seq", String(this.#lastSeq));
    }
    // A browser can't set headers on a WebSocket, and a key in the URL would end up in logs.
    const socket = new WebSocket(url, ["allspark.v1", `auth.${base64url(key)}`]);
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#receive(data));
    socket.addEventListener("close", (event) => this.#closed(socket, event));
  }

  /** Sends `payload` to node `to`; answers the message's id. Its outcome comes as an event, perhaps after a reconnect. */
  send(to, payload) {
    const message = { id: crypto.randomUUID(), dest_id: to, type: 1, payload };
    this.#unacked.set(message.id, message);
    this.#transmit(message);
    return message.id;
  }

  close() {
    this.#sendAck();
    this.#socket?.close(NORMAL_CLOSURE);
  }

  #transmit(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #receive(frame) {
    if (frame === "pong") {
      this.#pongMissing = false;
      return;
    }
    const content = JSON.parse(frame);
    for (const message of Array.isArray(content) ? content : [content]) this.#handle(message);
  }

  #handle(message) {
    if (message.type === -2) this.#welcome(message.payload);
    else if (message.type === -6) this.#acked(message.payload.acks ?? []);
    else if (message.type === -7) {
      const { from_seq, to_seq, reason } = message.payload;
      this.#events.gap(`messages ${from_seq} to ${to_seq} were dropped: ${reason}`);
    } else if (message.type === -1) this.#refused(message.payload);
    else if (message.type < 0) this.#events.error(`control message ${message.type} ${JSON.stringify(message.payload)}`);
    else this.#deliver(message);
  }

  #welcome(welcome) {
    if (welcome.epoch !== this.#epoch) this.#lastSeq = 0;
    this.#epoch = welcome.epoch;
    this.#pongMissing = false;
    clearInterval(this.#pingTimer);
    this.#pingTimer = setInterval(() => this.#ping(), welcome.heartbeat_ms);
    this.#events.online(welcome);
    for (const message of this.#unacked.values()) this.#transmit(message);
  }

  #ping() {
    // Nothing came back since the last one: the network is gone, though the browser hasn't noticed.
    if (this.#pongMissing) this.#socket.close();
    this.#pongMissing = true;
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send("ping");
  }

  #acked(acks) {
    for (const [id, outcome] of acks) {
      if (this.#unacked.delete(id)) this.#events.outcome(id, outcome);
    }
  }

  #refused({ id, code, message }) {
    if (this.#unacked.delete(id)) this.#events.outcome(id, "refused", code);
    this.#events.error(`${code}: ${message}`);
  }

  #deliver(message) {
    if (message.seq !== undefined) {
      this.#lastSeq = Math.max(this.#lastSeq, message.seq);
      this.#ackTimer ??= setTimeout(() => this.#sendAck(), ACK_AFTER_MS);
    }
    const name = JSON.stringify([message.src_id, message.id]);
    if (message.id !== undefined && this.#seen.has(name)) return;
    this.#seen.add(name);
    if (this.#seen.size > REMEMBERED_IDS) this.#seen.delete(this.#seen.values().next().value);
    this.#events.message(message);
  }

  /** One cumulative ack for all that came within a moment. */
  #sendAck() {
    if (this.#ackTimer === undefined) return;
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
    this.#transmit({ type: -6, payload: { seq: this.#lastSeq } });
  }

  #closed(socket, { code, reason }) {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    clearInterval(this.#pingTimer);
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
    const failed = code !== NORMAL_CLOSURE;
    this.#events.offline(failed ? `the connection ended (${code}${reason ? `, ${reason}` : ""})` : "offline", failed);
  }
}

/** `npm run dev` hands a key to its own page; a deployment answers 404. */
async function developmentKey(nodeId) {
  try {
    const { auth_key } = await post("/dev/key", { node_id: nodeId });
    return auth_key;
  } catch (error) {
    if (error.status === 404) throw new KeyNeeded("an auth_key is needed");
    throw error;
  }
}

async function post(path, body, headers = {}) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const { code = response.status, message = "the edge refused" } = answer.error ?? {};
  throw Object.assign(new Error(`${code}: ${message}`), { status: response.status });
}

function base64url(text) {
  const bytes = new TextEncoder().encode(text);
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}
