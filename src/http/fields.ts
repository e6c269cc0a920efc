/** The valibot schemas that several routes share. Their messages follow the field's name in the error's detail. */
import * as v from "valibot";
import { readFlag } from "../protocol/flag.ts";
import { isId } from "../protocol/ids.ts";
import { LIMITS } from "../protocol/limits.ts";
import { HttpError } from "./http-error.ts";
import { parseJson } from "./message-text.ts";
import type { Parameters } from "./parameters.ts";

/**
 * A field that may be left out; null and "" count as that: forms send their empty fields, and clients what they have not
 * set. Without `fallback` it is then undefined.
 */
export function optional<
  const Schema extends v.GenericSchema,
  const Fallback extends v.InferInput<Schema> | undefined = undefined,
>(schema: Schema, fallback?: Fallback) {
  const given = (value: unknown) => (value === null || value === "" ? undefined : value);
  // Twice: the outer one stands for a field that is not there, the inner one for one that is empty.
  return v.optional(
    v.pipe(v.unknown(), v.transform(given), v.optional(schema, fallback as Fallback)),
    fallback as Fallback,
  );
}

/** A boolean in any of the spellings that clients use; false where it is left out. */
export const flag = optional(v.pipe(v.unknown(), v.transform(readFlag), v.boolean("must be true or false")), false);

/** A node, client or session id. */
export const id = v.custom<string>(
  isId,
  `must be text of 1 to ${LIMITS.maxIdBytes} bytes of UTF-8 without control characters`,
);

/** A whole number from `min` to `max`, as a JSON number or as digits. */
export function whole(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  const form =
    max === Number.MAX_SAFE_INTEGER
      ? `must be a whole number from ${min}, below 2^53`
      : `must be a whole number from ${min} to ${max}`;
  return v.pipe(
    v.union([v.number(), v.pipe(v.string(), v.regex(/^\d{1,16}$/), v.transform(Number))], form),
    v.safeInteger(form),
    v.minValue(min, form),
    v.maxValue(max, form),
  );
}

/** A value that query and forms have as JSON text. */
export function parsed<const Schema extends v.GenericSchema>(schema: Schema) {
  const parse = (value: unknown) => (typeof value === "string" ? parseJson(value) : value);
  return v.pipe(v.unknown(), v.transform(parse), schema);
}

/** Any object with these fields; what else it holds is left alone. Its message stands in for a missing field. */
export function fields<const Entries extends v.ObjectEntries>(entries: Entries) {
  return v.object(entries, "is missing");
}

/** The checked parameters. Throws HttpError BAD_REQUEST naming the first wrong field and what would be right. */
export function check<const Schema extends v.GenericSchema>(schema: Schema, params: Parameters): v.InferOutput<Schema> {
  const result = v.safeParse(schema, params, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new HttpError("BAD_REQUEST", `${v.getDotPath(issue) ?? "the parameters"} ${issue.message}`);
}
