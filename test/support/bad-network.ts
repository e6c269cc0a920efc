/**
 * A TCP proxy in front of an edge, for networks as they are: it cuts connections, and it goes silent, which keeps a connection
 * open and lets nothing through.
 */
import { connect, createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";

interface Passage {
  near: Socket;
  far: Socket;
}

export class BadNetwork {
  readonly #server: Server;
  readonly #passages = new Set<Passage>();
  readonly #port: number;
  cuts = 0;
  silences = 0;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.#port = port;
  }

  /** Passes everything on to `port` of this machine. */
  static async before(port: number): Promise<BadNetwork> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const network = new BadNetwork(server, address.port);
    server.on("connection", (near) => network.#pass(near, port));
    return network;
  }

  /** What clients take for the edge's address. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get open(): number {
    return this.#passages.size;
  }

  /** Breaks connections, as a network does that goes away: those that `chosen` picks. */
  cut(chosen: () => boolean = () => true): void {
    for (const passage of [...this.#passages]) {
      if (!chosen()) continue;
      this.cuts++;
      this.#end(passage);
    }
  }

  /** Lets nothing through on connections that are open now: those that `chosen` picks. They stay open. */
  silence(chosen: () => boolean = () => true): void {
    for (const { near, far } of this.#passages) {
      if (!chosen()) continue;
      this.silences++;
      near.unpipe(far);
      far.unpipe(near);
      near.resume();
      far.resume();
    }
  }

  async close(): Promise<void> {
    for (const passage of this.#passages) this.#end(passage);
    this.#server.close();
    await once(this.#server, "close");
  }

  #pass(near: Socket, port: number): void {
    const far = connect(port, "127.0.0.1");
    const passage = { near, far };
    this.#passages.add(passage);
    near.pipe(far);
    far.pipe(near);
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on("error", () => this.#end(passage));
      socket.on("close", () => this.#end(passage));
    }
  }

  #end(passage: Passage): void {
    if (!this.#passages.delete(passage)) return;
    passage.near.resetAndDestroy();
    passage.far.resetAndDestroy();
  }
}
