import { Readable } from "node:stream";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { UsageError } from "../../../src/cli/failures.ts";
import { outgoing, type SendOptions } from "../../../src/cli/send/outgoing.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

async function messages(args: string[], options: SendOptions = {}, stdin = "") {
  const given = await outgoing(args, options, Readable.from([stdin]));
  const all: object[] = [];
  // What is not set is not there for the reader.
  for await (const message of given) all.push(JSON.parse(JSON.stringify(message)) as object);
  return all;
}

test("the last argument is the text, those before it are nodes", async () => {
  expect(await messages(["bob", "hello"])).toEqual([{ to: "bob", payload: "hello" }]);
  expect(await messages(["bob", "carol", "hello"])).toEqual([
    { to: "bob", payload: "hello" },
    { to: "carol", payload: "hello" },
  ]);
});

test("a session takes a text alone, or one for a member of it", async () => {
  expect(await messages(["hello"], { session: "s" })).toEqual([{ toSession: "s", payload: "hello" }]);
  expect(await messages(["bob", "psst"], { session: "s" })).toEqual([{ to: "bob", toSession: "s", payload: "psst" }]);
});

test("everything that a message may have", async () => {
  const options = { toClient: "c", type: 7, ttl: 1_500, volatile: true, collapseKey: "k" } as const;
  expect(await messages(["x"], options)).toEqual([
    { toClient: "c", payload: "x", type: 7, ttlMs: 1_500, volatile: true, collapseKey: "k" },
  ]);
});

test("what a push says, and that there is to be none", async () => {
  const words = { pushTitle: "Hi", pushBody: "there", pushSilent: true } as const;
  const push = { title: "Hi", body: "there", silent: true };
  expect(await messages(["bob", "x"], words)).toEqual([{ to: "bob", payload: "x", push }]);
  expect(await messages(["bob", "x"], { push: true })).toEqual([{ to: "bob", payload: "x" }]);
  expect(await messages(["bob", "x"], { push: false })).toEqual([{ to: "bob", payload: "x", push: false }]);
  await expect(messages(["bob", "x"], { push: false, pushTitle: "Hi" })).rejects.toThrow(UsageError);
});

test("JSON stays JSON", async () => {
  expect(await messages(["bob", '{"a":[1,null]}'], { jsonPayload: true })).toEqual([
    { to: "bob", payload: { a: [1, null] } },
  ]);
  expect(await messages(["bob", '"-"'], { jsonPayload: true })).toEqual([{ to: "bob", payload: "-" }]);
});

test("- is standard input, a message a line, to each node in turn", async () => {
  expect(await messages(["bob", "-"], {}, "one\r\ntwo\n\nthree")).toEqual(
    ["one", "two", "", "three"].map((payload) => ({ to: "bob", payload })),
  );
  expect(await messages(["b", "c", "-"], { jsonPayload: true }, "1\n2\n")).toEqual([
    { to: "b", payload: 1 },
    { to: "c", payload: 1 },
    { to: "b", payload: 2 },
    { to: "c", payload: 2 },
  ]);
});

test("with a file all arguments are nodes", async () => {
  const file = join(temporaryFolder("file"), "text");
  writeFileSync(file, "-");
  expect(await messages(["bob", "carol"], { file })).toEqual([
    { to: "bob", payload: "-" },
    { to: "carol", payload: "-" },
  ]);
});

test("a line that is no JSON is named", async () => {
  await expect(messages(["bob", "-"], { jsonPayload: true }, "1\n{\n3")).rejects.toThrow(/^line 2: .* must be JSON/);
});

test("a file that is not text is refused, not sent in pieces", async () => {
  const file = join(temporaryFolder("file"), "picture");
  writeFileSync(file, new Uint8Array([0x89, 0x50, 0xff, 0xfe]));
  await expect(messages(["bob"], { file })).rejects.toThrow(`${file} is not text in UTF-8`);
});

describe("refuses before anything is sent", () => {
  test.each<[string[], SendOptions, string]>([
    [[], {}, "send what, and to whom?"],
    [["hello"], {}, 'is "hello" the text or the node?'],
    [["", "hello"], {}, '"" is no node id'],
    [["bob", "hello"], { toClient: "c" }, "--to-client is a destination of its own"],
    [["hello"], { toClient: "c", session: "s" }, "--to-client is a destination of its own"],
    [["bob", "{"], { jsonPayload: true }, "must be JSON"],
    [["bob"], { file: "/no/such/file" }, "/no/such/file cannot be read (ENOENT)"],
    [["bob"], { file: "/" }, "/ cannot be read (EISDIR)"],
  ])("%j %j", async (args, options, message) => {
    const refusal = outgoing(args, options, Readable.from([]));
    await expect(refusal).rejects.toThrow(UsageError);
    await expect(refusal).rejects.toThrow(message);
  });
});
