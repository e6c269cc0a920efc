/**
 * A program with the client library that can die at any moment, in this process: from then on nothing that it does reaches the
 * network, its store or its app. What comes after it starts with the same store.
 */
import { WebSocket } from "ws";
import { Allspark, type AllsparkOptions, type ClientStore } from "../../src/client/index.ts";

export class MortalProgram {
  readonly allspark: Allspark;
  #isDead = false;
  readonly #sockets = new Set<WebSocket>();

  constructor(options: AllsparkOptions & { storage: ClientStore }) {
    const { storage } = options;
    const isDead = () => this.#isDead;
    const sockets = this.#sockets;
    this.allspark = new Allspark({
      ...options,
      storage: {
        load: () => storage.load(),
        write: (changes) => (isDead() ? new Promise<void>(() => {}) : storage.write(changes)),
      },
      fetch: (input, init) => (isDead() ? new Promise<Response>(() => {}) : fetch(input, init)),
      WebSocket: class extends WebSocket {
        constructor(url: string, protocols: string[] = []) {
          super(url, protocols);
          sockets.add(this);
          this.on("close", () => sockets.delete(this));
        }
        override send(data: string): void {
          if (!isDead()) super.send(data);
        }
      },
    });
  }

  get isAlive(): boolean {
    return !this.#isDead;
  }

  /** Dies without a word. */
  kill(): void {
    this.#isDead = true;
    for (const socket of this.#sockets) {
      socket.removeAllListeners("message");
      socket.terminate();
    }
    // Its timers end; nothing that this does gets out any more. Its promises reject, and nobody is there to hear it.
    void this.allspark.close().catch(() => {});
  }
}
