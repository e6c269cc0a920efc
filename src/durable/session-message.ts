/** A decoded message to a session as it travels there. */
import { laneMessage, type LaneMessage, type SessionControl } from "../domain/lane.ts";
import type { SendMessage } from "../protocol/codec.ts";
import { isReservedType } from "../protocol/message-types.ts";

/** `unnamed` as for laneMessage. */
export function sessionMessage(
  message: SendMessage,
  sender: { clientId: string | undefined; app: boolean },
  unnamed: string,
  now: number,
): LaneMessage {
  const { type, member, fence } = message;
  return {
    // Stamped by the session, which knows the sender's name there.
    ...laneMessage(message, message.text.slice(message.text.indexOf("{") + 1), now, unnamed),
    toSession: {
      member,
      // The codec lets no other reserved type through.
      control: type !== undefined && isReservedType(type) ? (type as SessionControl) : undefined,
      unnamed: message.id === undefined || undefined,
      clientId: sender.clientId,
      app: sender.app || undefined,
      fence,
    },
  };
}
