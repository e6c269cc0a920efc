/** A boolean as clients write it: in Python str(True), in a query or form text only. */

const FLAGS = new Map<unknown, boolean>([
  [true, true],
  [1, true],
  ["true", true],
  ["1", true],
  [false, false],
  [0, false],
  ["false", false],
  ["0", false],
]);

/** undefined where it is none of the spellings, null and "" among them. */
export function readFlag(value: unknown): boolean | undefined {
  return FLAGS.get(typeof value === "string" ? value.toLowerCase() : value);
}
