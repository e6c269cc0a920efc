/** How doubles check what comes: whatever does not hold is thrown as an Error that says what. */

export type Fields = Record<string, unknown>;

export function must(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}

/** An object with no fields but these. */
export function fieldsOf(value: unknown, name: string, known: readonly string[]): Fields {
  must(typeof value === "object" && value !== null && !Array.isArray(value), `${name} must be an object`);
  for (const key of Object.keys(value)) must(known.includes(key), `${name} has an unknown field ${key}`);
  return value as Fields;
}

/** The body as JSON; a Buffer that is no UTF-8 is no JSON either. */
export function json(body: Buffer): unknown {
  return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
}

/** A text of so many bytes of UTF-8. */
export function text(value: unknown, name: string, maxBytes: number): string {
  must(typeof value === "string" && value !== "", `${name} must be text`);
  must(Buffer.byteLength(value) <= maxBytes, `${name} has more than ${maxBytes} bytes`);
  return value;
}
