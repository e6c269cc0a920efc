/** The tables that clients switch on: error codes and close codes. */
import { expect, test } from "vitest";
import { CLOSE } from "../../../src/protocol/close-codes.ts";
import { type ErrorCode, ERRORS, wireError } from "../../../src/protocol/errors.ts";
import { isReservedType, TYPE } from "../../../src/protocol/message-types.ts";

test("an error has its code, its message with the detail, and whether to try again", () => {
  expect(wireError("SLOW_DOWN")).toEqual({
    code: "SLOW_DOWN",
    message: "too much is waiting for this destination: slow down and send it again",
    temporary: true,
  });
  expect(wireError("NOT_FOUND", "x").message).toBe("there is nothing under this path (x)");
});

test("every error has a status of its kind: 4xx or 5xx, and only what a server cannot do now may be tried again", () => {
  const codes = Object.keys(ERRORS) as ErrorCode[];
  expect(codes.filter((code) => ERRORS[code].http < 400 || ERRORS[code].http > 599)).toEqual([]);
  const laterPerhaps = codes.filter((code) => ERRORS[code].http >= 500 || ERRORS[code].http === 429);
  // Nothing but a new deployment mends a wrong setting.
  expect(laterPerhaps.filter((code) => !ERRORS[code].temporary)).toEqual(["MISCONFIGURED"]);
  // What was wrong with the request itself stays wrong: a used key is used for ever.
  expect(codes.filter((code) => ERRORS[code].temporary && !laterPerhaps.includes(code))).toEqual([]);
});

test("the close codes of the protocol", () => {
  expect(CLOSE).toEqual({
    BAD_AUTH: 4001,
    REVOKED: 4003,
    REPLACED: 4009,
    VALIDATION_KEY_EXPIRED: 4101,
    OVERLOADED: 4201,
    GOING_AWAY: 4202,
    PROTOCOL_ERRORS: 4400,
    FRAME_TOO_LARGE: 4413,
    RATE_LIMITED: 4429,
  });
});

test("the message types of the protocol, all of them reserved", () => {
  expect(TYPE).toEqual({
    ERROR: -1,
    WELCOME: -2,
    NODE_NOT_REGISTERED: -3,
    USER_OFFLINE: -4,
    SESSION_UNAUTHORIZED: -5,
    ACK: -6,
    GAP: -7,
    CONFIG_REQUEST: -101,
    CONFIG_RESPONSE: -102,
    NEW_NODE_JOINED_SESSION: 100,
    NODE_UNJOINED_SESSION: 103,
    NODE_REVEAL_ANONYMITY: 104,
    NODE_ONLINE: 105,
    NODE_OFFLINE: 106,
    SESSION_MASTER_CHANGED: 110,
  });
  expect(Object.values(TYPE).filter((type) => !isReservedType(type))).toEqual([]);
  expect([0, 99, 200].filter(isReservedType)).toEqual([]);
  expect([-1, 100, 199].filter(isReservedType)).toEqual([-1, 100, 199]);
});
