/** Whom a message is for, and which types may go there. */
import { expect, test } from "vitest";
import { decodeFrame } from "../../../src/protocol/codec.ts";

const decode = (message: object) => decodeFrame(JSON.stringify(message), "v1")[0];

test.each([
  [{ dest_id: "n" }, { to: "node", dest: "n", member: undefined }],
  [{ dest_client_id: "c" }, { to: "client", dest: "c", member: undefined }],
  [{ dest_session_id: "s" }, { to: "session", dest: "s", member: undefined }],
  [
    { dest_client_id: "c", dest_id: "n" },
    { to: "node", dest: "n", member: undefined },
  ],
  [
    { dest_session_id: "s", dest_client_id: "c" },
    { to: "client", dest: "c", member: undefined },
  ],
  [
    { dest_session_id: "s", dest_id: "n" },
    { to: "session", dest: "s", member: "n" },
  ],
  [
    { dest_session_id: "s", dest_client_id: "c", dest_id: "n" },
    { to: "session", dest: "s", member: "n" },
  ],
  [
    { dest_session_id: null, dest_client_id: "c", dest_id: null },
    { to: "client", dest: "c", member: undefined },
  ],
])("%j", (fields, destination) => {
  expect(decode(fields)).toMatchObject({ kind: "send", ...destination });
});

test("a destination of the wrong type is refused even where another would be taken", () => {
  expect(decode({ dest_id: "n", dest_client_id: 5 })).toMatchObject({ kind: "bad", code: "BAD_MESSAGE" });
  expect(decode({ dest_id: "n", dest_session_id: [] })).toMatchObject({ kind: "bad", code: "BAD_MESSAGE" });
});

test.each([0, 1, 99, 200, 201, Number.MAX_SAFE_INTEGER])("type %d is the app's own", (type) => {
  for (const to of ["dest_id", "dest_client_id", "dest_session_id"]) {
    expect(decode({ type, [to]: "x" })).toMatchObject({ kind: "send", type });
  }
});

test.each([-1, -6, -101, -999, 101, 102, 105, 110, 150, 199])("type %d is the edge's own", (type) => {
  for (const to of ["dest_id", "dest_client_id", "dest_session_id"]) {
    expect(decode({ id: "m", type, [to]: "x" })).toMatchObject({ kind: "bad", code: "BAD_MESSAGE", id: "m" });
  }
});

test.each([100, 103, 104])("type %d asks a session for something, and nobody else", (type) => {
  expect(decode({ type, dest_session_id: "s" })).toMatchObject({ kind: "send", to: "session", type });
  expect(decode({ type, dest_id: "n" })).toMatchObject({ kind: "bad", code: "BAD_MESSAGE" });
  expect(decode({ type, dest_client_id: "c" })).toMatchObject({ kind: "bad", code: "BAD_MESSAGE" });
});
