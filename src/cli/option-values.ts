/** What options and arguments take, each refusing the rest with what would be right. */
import { InvalidArgumentError } from "commander";
import { isId } from "../protocol/ids.ts";
import { isReservedType } from "../protocol/message-types.ts";

export function whole(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(number) || number < min || number > max) {
      const range = max === Number.MAX_SAFE_INTEGER ? `${min} or above` : `${min} to ${max}`;
      throw new InvalidArgumentError(`It must be a whole number, ${range}.`);
    }
    return number;
  };
}

/** Seconds, fractions allowed, as ms. */
export function seconds(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text) || !(Number(text) > 0) || Number(text) > 2_000_000) {
    throw new InvalidArgumentError("It must be a number of seconds above 0.");
  }
  return Math.round(Number(text) * 1_000);
}

/** Of a node, client or session. */
export function id(text: string): string {
  if (!isId(text)) throw new InvalidArgumentError("It must be 1 to 128 bytes without control characters.");
  return text;
}

export function messageType(text: string): number {
  const type = whole(0)(text);
  if (isReservedType(type)) throw new InvalidArgumentError("100 to 199 are the protocol's own.");
  return type;
}
