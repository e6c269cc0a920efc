/** Values → the text notation of Cap'n Proto, in which workerd is configured. */

/** A text literal. Other control characters than these are valid there as they are, UTF-8 too. */
export function quote(text: string): string {
  if (text.includes("\0")) throw new Error("a Cap'n Proto text can't hold NUL");
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\r", "\\r").replaceAll("\n", "\\n")}"`;
}

export function list(items: string[]): string {
  return `[${items.join(", ")}]`;
}

/** A binding of a worker; `value` is text of Cap'n Proto already. */
export function binding(name: string, kind: string, value: string): string {
  return `(name = ${quote(name)}, ${kind} = ${value})`;
}
