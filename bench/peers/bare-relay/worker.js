/**
 * The least that routes a message between two nodes: one object a node, one hibernatable socket, one RPC a message. No
 * keys, no acks, no storage, no order across failures, nothing for a node that is away. What Allspark is measured by.
 */
import { DurableObject } from "cloudflare:workers";

export class Relay extends DurableObject {
  #peers = new Map();

  async fetch() {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  async webSocketMessage(_socket, frame) {
    const { dest_id: to } = JSON.parse(frame);
    let peer = this.#peers.get(to);
    if (peer === undefined) this.#peers.set(to, (peer = this.env.RELAY.getByName(to)));
    await peer.deliver(frame);
  }

  deliver(frame) {
    for (const socket of this.ctx.getWebSockets()) socket.send(frame);
  }
}

export default {
  fetch(request, env) {
    const node = new URL(request.url).searchParams.get("node");
    if (node === null) return new Response("bare relay");
    return env.RELAY.getByName(node).fetch(request);
  },
};
