/** `--json` spells names as the edge's HTTP API does (docs/http.md), whoever the value came from. */

/** The same value with the names of all objects in snake_case. Not for payloads: their names are the app's. */
export function snakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCase);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      snakeCase(inner),
    ]),
  );
}
