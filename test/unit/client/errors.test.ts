/** Errors are classes with code, temporary and cause. */
import { expect, test } from "vitest";
import { wireError } from "../../../src/protocol/errors.ts";
import { asError } from "../../../src/client/errors.ts";
import { AllsparkError, ConnectionError, QueueFullError, RefusedError } from "../../../src/client/index.ts";

test.each([
  [new AllsparkError("CLOSED", "m"), "AllsparkError", "CLOSED", false],
  [new RefusedError(wireError("SLOW_DOWN"), 429, 1_000), "RefusedError", "SLOW_DOWN", true],
  [new ConnectionError("TIMEOUT", "m", { temporary: true, closeCode: 1006 }), "ConnectionError", "TIMEOUT", true],
  [new QueueFullError(5), "QueueFullError", "QUEUE_FULL", true],
])("%s", (error, name, code, temporary) => {
  expect(error).toBeInstanceOf(AllsparkError);
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name, code, temporary });
  expect(String(error)).toContain(name);
});

test("what their own fields say", () => {
  expect(new RefusedError(wireError("SLOW_DOWN"), 429, 1_000)).toMatchObject({ status: 429, retryAfterMs: 1_000 });
  expect(new ConnectionError("TIMEOUT", "m", { closeCode: 4009 }).closeCode).toBe(4009);
});

test("anything that was thrown is narrowed, and kept as the cause", () => {
  const cause = new Error("beneath");
  expect(asError(cause, "STORAGE", "above")).toMatchObject({ code: "STORAGE", message: "above: beneath", cause });
  expect(asError("text", "STORAGE", "above")).toMatchObject({ message: "above: text", cause: "text" });
  const own = new AllsparkError("CLOSED", "m");
  expect(asError(own, "STORAGE", "above")).toBe(own);
});
