/** One message from an app node to many nodes (PROTOCOL §6, push_message). */
import { laneMessage, type LaneMessage, type LaneStatus } from "../domain/lane.ts";
import { type Stamp, stamped, stampPrefix } from "../domain/stamp.ts";
import { decodeFrame } from "../protocol/codec.ts";
import { LIMITS } from "../protocol/limits.ts";
import { fitsUtf8 } from "../protocol/utf8.ts";
import type { SendOutcome } from "./rpc.ts";

type Offer = (dest: string, message: LaneMessage, settle: (status: LaneStatus) => void) => boolean;

/**
 * Sends a message (JSON text of an object without a destination) to each target and answers, in their order, what became of
 * it. Each is its own message: a target that is slow or refuses does not hold up the others.
 */
export function publish(stamp: Stamp, targets: readonly string[], text: string, offer: Offer): Promise<SendOutcome[]> {
  const [first] = targets;
  if (first === undefined) return Promise.resolve([]);
  const [message] = decodeFrame(addressed(text, first), "classic");
  if (message?.kind !== "send") {
    const code = message?.kind === "bad" ? message.code : "BAD_MESSAGE";
    return Promise.resolve(targets.map(() => refused(code)));
  }
  // The text is checked once; what differs between the targets stands at its beginning.
  const rest = message.text.slice(destination(first).length);
  const prefix = stampPrefix(stamp);
  const now = Date.now();
  const batch = crypto.randomUUID();
  const send = async (dest: string, i: number): Promise<SendOutcome> => {
    const tail = stamped(prefix, now, destination(dest) + rest);
    if (!fitsUtf8(tail, LIMITS.maxMessageBytes)) return refused("TOO_LARGE");
    const lane = laneMessage(message, tail, now, `${batch}-${i}`);
    return new Promise((resolve) => {
      if (!offer(dest, lane, (status) => resolve(outcome(status)))) resolve(refused("SLOW_DOWN"));
    });
  };
  return Promise.all(targets.map(send));
}

function addressed(body: string, dest: string): string {
  const rest = body.trim().slice(1).trimStart();
  return `${destination(dest)}${rest === "}" ? "" : ","}${rest}`;
}

/** How the text of a message to this target begins. */
function destination(dest: string): string {
  return `{"dest_id":${JSON.stringify(dest)}`;
}

function outcome(status: LaneStatus): SendOutcome {
  switch (status) {
    case "delivered":
    case "stored":
    case "dropped":
      return { status };
    case "offline":
    case "behind":
      return { status: "stored" };
    default:
      return refused(status);
  }
}

function refused(code: Extract<SendOutcome, { status: "refused" }>["code"]): SendOutcome {
  return { status: "refused", code };
}
