/** What is pushed to a node: enough to say who and what waits, and from where on to fetch it; never the only copy of a message. */

export interface Push {
  /** Names this push of this node: the same over all targets and tries. A UUID. */
  id: string;
  /** Whom it wakes. */
  nodeId: string;
  /** Text to show; the edge's title for the message's type, or the sender's. Not shown where `silent`. */
  title: string;
  body?: string;
  /** The sender's own, for the app. */
  data?: Record<string, string>;
  silent: boolean;
  /** The message's type, where it has one. */
  type?: number;
  /** Who sent the message: absent for an anonymous sender, and for what a session tells of itself. */
  srcId?: string;
  /** The session that the message was said in. */
  sessionId?: string;
  /** Its place there. */
  sessionSeq?: number;
  /** Everything that the node has not acked has this seq or a later one (PROTOCOL §4). */
  fromSeq: number;
  /** When the message was stored or missed, ms. */
  at: number;
}
