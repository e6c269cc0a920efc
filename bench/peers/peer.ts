/** What the load knows of a peer. Each adapter is as light as it can be: it runs on the cores of what it measures. */

export interface PeerEvents {
  /** A message with this id arrived, for the first time or again. */
  received(id: string): void;
  /** The sender was told that this message is safe; never called by peers without acks. */
  closed(id: string): void;
  refused(): void;
}

export interface PeerNode {
  /** Sends messages, in order, in as few frames as the peer allows. */
  send(texts: string[]): void;
  close(): void;
}

export interface Peer {
  name: string;
  /** Does the sender hear what became of its message? */
  acks: boolean;
  connect(nodeId: string, events: PeerEvents): Promise<PeerNode>;
}
