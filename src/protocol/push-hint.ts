/** What a message says of the push that it may lead to: its field `push` (docs/push.md), read, sized and cleaned. */

/** What the sender would have a push say; each part stands in for the edge's own. */
export interface PushWish {
  /** Shown; without control characters. */
  title?: string;
  body?: string;
  /** For the app: handed on to it as text by name. */
  data?: Record<string, string>;
  /** The app is woken and nothing is shown. */
  silent?: true;
}

/** Travels beside a message, of which `push` is no part any more. Without one, a message is pushed as the edge would. */
export interface PushHint {
  /** The sender wants no push for it. */
  off?: true;
  wish?: PushWish;
  /** Session messages: its src_id is the sender's own node_id, which a push may tell; an anonymous sender's name never leaves. */
  named?: true;
}
