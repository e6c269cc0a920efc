import { expect, test } from "vitest";
import { CliError, exitCodeOf, failureOf, UsageError } from "../../../src/cli/failures.ts";
import { AllsparkError, ConnectionError, QueueFullError, RefusedError } from "../../../src/client/index.ts";
import { isTemporary } from "../../../src/client/reconnect.ts";
import { type ErrorCode, wireError } from "../../../src/protocol/errors.ts";

const refused = (code: ErrorCode) => new RefusedError(wireError(code));
// As the library makes them.
const closed = (closeCode: number) =>
  new ConnectionError("DISCONNECTED", "closed", { temporary: isTemporary(closeCode), closeCode });

test.each<[unknown, number, boolean]>([
  [refused("SESSION_UNKNOWN"), 1, false],
  [refused("NOT_FOUND"), 1, false],
  [refused("TOO_LARGE"), 1, false],
  [new AllsparkError("PROTOCOL", "no Allspark"), 1, false],
  [new Error("a bug"), 1, false],
  [new UsageError("wrong"), 2, false],
  [new AllsparkError("BAD_OPTION", "wrong"), 2, false],
  [new ConnectionError("NETWORK", "gone", { temporary: true }), 3, true],
  [new QueueFullError(5), 3, true],
  [refused("UNAVAILABLE"), 3, true],
  [refused("SLOW_DOWN"), 3, true],
  [refused("INTERNAL"), 3, true],
  [new CliError("TIMEOUT", "late", 3), 3, true],
  [refused("AUTH_INVALID"), 4, false],
  [refused("AUTH_EXPIRED"), 4, false],
  [refused("VALIDATION_KEY_EXPIRED"), 4, false],
  [refused("FORBIDDEN"), 4, false],
  [refused("SESSION_UNAUTHORIZED"), 4, false],
  [refused("NOT_MASTER"), 4, false],
  [closed(1006), 3, true],
  [closed(4001), 4, false],
  [closed(4003), 4, false],
  [closed(4009), 1, false],
  [closed(4201), 3, true],
  [closed(4400), 1, false],
  [closed(4413), 1, false],
  [closed(4429), 3, true],
])("%s → %i", (error, code, temporary) => {
  expect(exitCodeOf(error)).toBe(code);
  expect(failureOf(error).temporary).toBe(temporary);
});

test("says why a call failed, from as far down as it is known", () => {
  const cause = new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED 127.0.0.1:1") });
  const error = new ConnectionError("NETWORK", "http://x was not reached: fetch failed", { temporary: true, cause });
  expect(failureOf(error)).toEqual({
    code: "NETWORK",
    message: "http://x was not reached: fetch failed (connect ECONNREFUSED 127.0.0.1:1)",
    temporary: true,
  });
});
