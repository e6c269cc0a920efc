import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { DEFAULT_URL, type Flags, readConfig } from "../../../src/cli/config/config.ts";
import { UsageError } from "../../../src/cli/failures.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const SECRET = "0123456789abcdef-one";
const OTHER = "0123456789abcdef-two";
let folder: string;

beforeEach(() => {
  folder = temporaryFolder("config");
});

const write = (content: unknown, name = ".allspark.json") => writeFileSync(join(folder, name), JSON.stringify(content));
const read = (flags: Flags = {}, env: NodeJS.ProcessEnv = {}, at = folder) => readConfig(flags, env, at);

test("without anything: the local edge, and nobody", () => {
  expect(read()).toEqual({ url: DEFAULT_URL, urlSource: "by default", secrets: undefined, speaker: undefined });
});

test("flags count before the environment, and that before the file", () => {
  write({ url: "http://file", secrets: SECRET, as: "filip" });
  expect(read()).toMatchObject({ url: "http://file", speaker: { kind: "node", nodeId: "filip" } });
  const env = { ALLSPARK_URL: "http://env", ALLSPARK_SECRETS: OTHER };
  expect(read({}, env)).toMatchObject({
    url: "http://env",
    urlSource: "ALLSPARK_URL",
    secrets: { list: [OTHER], source: "ALLSPARK_SECRETS" },
    speaker: { nodeId: "filip" },
  });
  const flags = { url: "https://flag/", as: "flora", secrets: `${SECRET}, ${OTHER}` };
  expect(read(flags, env)).toMatchObject({
    url: "https://flag",
    urlSource: "--url",
    secrets: { list: [SECRET, OTHER], source: "--secrets" },
    speaker: { nodeId: "flora" },
  });
});

test("an empty variable counts as not set", () => {
  write({ url: "http://file" });
  expect(read({}, { ALLSPARK_URL: " ", ALLSPARK_SECRETS: "" })).toMatchObject({
    url: "http://file",
    secrets: undefined,
  });
});

test("the file is the nearest one upward", () => {
  write({ url: "http://above" });
  const below = join(folder, "a", "b");
  mkdirSync(below, { recursive: true });
  expect(read({}, {}, below).url).toBe("http://above");
  writeFileSync(join(folder, "a", ".allspark.json"), '{"url": "http://nearer"}');
  expect(read({}, {}, below).url).toBe("http://nearer");
});

test("a byte order mark before the file's text does not count", () => {
  writeFileSync(join(folder, ".allspark.json"), '\uFEFF{"url": "http://file"}');
  expect(read().url).toBe("http://file");
});

describe("who speaks", () => {
  test("a key of the environment counts before a node of the file", () => {
    write({ as: "filip", secrets: SECRET });
    expect(read({}, { ALLSPARK_AUTH_KEY: "k.e.y" }).speaker).toEqual({
      kind: "key",
      authKey: "k.e.y",
      source: "ALLSPARK_AUTH_KEY",
    });
  });

  test("--as counts before a key of the environment, with secrets from wherever", () => {
    write({ secrets: SECRET });
    const config = read({ as: "alice" }, { ALLSPARK_AUTH_KEY: "k.e.y" });
    expect(config).toMatchObject({ speaker: { kind: "node", nodeId: "alice" }, secrets: { list: [SECRET] } });
  });

  test("a node and a key from one place contradict each other", () => {
    expect(() => read({ as: "alice", authKey: "k.e.y" })).toThrow("--as and --auth-key both say who speaks");
  });
});

describe(".dev.vars", () => {
  beforeEach(() => {
    writeFileSync(join(folder, ".dev.vars"), `ALLSPARK_SECRETS="${SECRET}"\nALLSPARK_JWT_ISSUER=dev\n`);
  });

  test("gives the secrets where nothing else does, issuer included", () => {
    expect(read().secrets).toEqual({
      list: [SECRET],
      issuer: "dev",
      audience: undefined,
      source: `ALLSPARK_SECRETS in ${join(folder, ".dev.vars")}`,
    });
  });

  test("is left alone where secrets or a key are given", () => {
    expect(read({}, { ALLSPARK_SECRETS: OTHER }).secrets).toMatchObject({ list: [OTHER], issuer: undefined });
    expect(read({}, { ALLSPARK_AUTH_KEY: "k.e.y" }).secrets).toBeUndefined();
  });

  test("of a folder above is not read", () => {
    const below = join(folder, "below");
    mkdirSync(below);
    expect(read({}, {}, below).secrets).toBeUndefined();
  });
});

describe("refuses, naming what is wrong and what would be right", () => {
  test.each<[Flags, NodeJS.ProcessEnv, string]>([
    [{ url: "allspark.example.com" }, {}, "--url is no address: it must be an address as https://"],
    [{ url: "ws://localhost" }, {}, "--url starts with ws://"],
    [{}, { ALLSPARK_URL: "https://a?b" }, "ALLSPARK_URL has a user, query or fragment"],
    [{ as: "" }, {}, "--as must be a node id"],
    [{ authKey: "" }, {}, "--auth-key is no key"],
    [{}, { ALLSPARK_AUTH_KEY: "two words" }, "ALLSPARK_AUTH_KEY is no key"],
    [{ as: "n".repeat(129) }, {}, "--as must be a node id"],
    [{}, { ALLSPARK_SECRETS: `${SECRET},hunter2` }, "ALLSPARK_SECRETS: secret 2 of 2 is shorter than 16 characters"],
  ])("%j %j", (flags, env, message) => {
    expect(() => read(flags, env)).toThrow(UsageError);
    expect(() => read(flags, env)).toThrow(message);
  });

  test.each<[unknown, string]>([
    [[], "must hold one JSON object"],
    [{ URL: "http://x" }, 'there is no "URL"; what it may hold is url, secrets, authKey'],
    [{ url: 8787 }, "url must be text"],
    [{ url: "nonsense" }, "is no address"],
    [{ as: " " }, "as must be text"],
    [{ authKey: "two\nlines" }, "authKey in "],
  ])("a file with %j", (content, message) => {
    write(content);
    expect(() => read()).toThrow(message);
  });

  test("and never quotes a secret", () => {
    const refusals = [
      () => read({ secrets: "hunter2" }),
      () => read({ authKey: "hunter2\nhunter2" }),
      () => read({}, { ALLSPARK_SECRETS: "hunter2" }),
      () => {
        writeFileSync(join(folder, ".allspark.json"), '{"secrets": hunter2');
        read();
      },
    ];
    for (const refusal of refusals) {
      expect(refusal).toThrow(UsageError);
      expect(refusal).not.toThrow("hunter2");
    }
  });
});
