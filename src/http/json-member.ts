/** Cuts a member's value out of JSON text, because parsing and stringifying it would round integers past 2^53. */
import { sliceFrame } from "../protocol/json-slices.ts";

const BACKSLASH = "\\";

/**
 * The text of the value that `JSON.parse` gives the object's member `name`: the last of that name. `objectText` must
 * have parsed to an object. undefined where there is no such member.
 */
export function memberText(objectText: string, name: string): string | undefined {
  // As the elements of an array, members are split where they should be: only their commas count there.
  const { messages: members } = sliceFrame(`[${objectText.trim().slice(1, -1)}]`);
  for (const member of members.toReversed()) {
    const keyEnd = endOfKey(member);
    if (JSON.parse(member.slice(0, keyEnd)) === name) return member.slice(member.indexOf(":", keyEnd) + 1).trim();
  }
  return undefined;
}

function endOfKey(member: string): number {
  let at = 1;
  while (member[at] !== '"') at += member[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}
