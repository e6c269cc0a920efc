/** What may stand as the name of something, in keys, messages and HTTP alike. */
import { LIMITS } from "./limits.ts";
import { fitsUtf8 } from "./utf8.ts";

// C0, DEL and C1: they break logs, headers and terminals, and no id needs them.
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * May this be the id of a node, client, session or cluster, or a collapse key? 1 to LIMITS.maxIdBytes bytes of UTF-8, no
 * control characters, and no lone surrogates, which have no UTF-8 form: storage would take two such ids for one.
 */
export function isId(value: unknown): value is string {
  return (
    typeof value === "string" &&
    value !== "" &&
    fitsUtf8(value, LIMITS.maxIdBytes) &&
    !CONTROL.test(value) &&
    value.isWellFormed()
  );
}
