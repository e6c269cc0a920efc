/** The bare relay as a peer: what is sent is closed when it arrives. */
import { openSocket } from "../../../test/support/connect.ts";
import type { Peer } from "../peer.ts";

export function bareRelay(url: string): Peer {
  return {
    name: "bare relay",
    acks: false,
    connect: async (nodeId, events) => {
      let ended = false;
      const socket = await openSocket(`${url.replace("http", "ws")}/connect?node=${nodeId}`, [], (opening) => {
        opening.on("message", (data: Buffer) => events.received((JSON.parse(data.toString()) as { id: string }).id));
        opening.on("close", (code: number) => {
          if (!ended) throw new Error(`the relay closed a connection with ${code}`);
        });
      });
      return {
        send: (texts) => texts.forEach((text) => socket.send(text)),
        close: () => {
          ended = true;
          socket.terminate();
        },
      };
    },
  };
}
