import { expect, test } from "vitest";
import type { Config } from "../../../src/cli/config/config.ts";
import {
  namedOrOwn,
  operator,
  OPERATOR,
  speaker,
  type Speaker,
  speakerOrOperator,
} from "../../../src/cli/config/speaker.ts";
import { verifyAuthKey } from "../../../src/http/auth/auth-key.ts";
import { authConfig } from "../auth/config.ts";

const SECRET = "0123456789abcdef-one";
const secrets = { list: [SECRET, "0123456789abcdef-two"], issuer: "me", audience: "you", source: "ALLSPARK_SECRETS" };
const alice = { kind: "node", nodeId: "alice", source: "--as" } as const;
const key = { kind: "key", authKey: "k.e.y", source: "ALLSPARK_AUTH_KEY" } as const;
const config = (given: Partial<Config>): Config => ({
  url: "http://x",
  urlSource: "by default",
  secrets: undefined,
  speaker: undefined,
  ...given,
});

async function caller({ authKey }: Speaker) {
  const made = typeof authKey === "function" ? await authKey() : authKey;
  const outcome = await verifyAuthKey(
    made,
    authConfig({ secrets: [SECRET], issuer: "me", audience: "you" }),
    Date.now(),
  );
  return outcome.ok ? outcome.caller : outcome.code;
}

test("a node's key is made with the first secret, afresh each time", async () => {
  const who = speaker(config({ secrets, speaker: alice }));
  expect(who.nodeId).toBe("alice");
  expect(await caller(who)).toMatchObject({ nodeId: "alice", app: false });
  expect(await caller(speaker(config({ secrets, speaker: alice }), { app: true }))).toMatchObject({ app: true });
});

test("a given key is taken as it is", () => {
  expect(speaker(config({ secrets, speaker: key }))).toMatchObject({ nodeId: undefined, authKey: "k.e.y" });
});

test("operators are app nodes of their own where there are secrets, else the holder of the key", async () => {
  expect(await caller(operator(config({ secrets, speaker: alice })))).toMatchObject({ nodeId: OPERATOR, app: true });
  expect(operator(config({ speaker: key }))).toMatchObject({ authKey: "k.e.y" });
});

test("who was named goes first where both would do", () => {
  expect(speakerOrOperator(config({ secrets, speaker: alice })).nodeId).toBe("alice");
  expect(speakerOrOperator(config({ secrets })).nodeId).toBe(OPERATOR);
  expect(namedOrOwn(config({ secrets, speaker: alice }), "doctor").nodeId).toBe("alice");
  expect(namedOrOwn(config({ secrets }), "doctor").nodeId).toBe("doctor");
});

test("says what is missing", () => {
  expect(() => speaker(config({}))).toThrow("who speaks? Give --as NODE and set ALLSPARK_SECRETS");
  expect(() => speaker(config({ secrets }))).toThrow("who speaks? Give --as NODE");
  expect(() => speaker(config({ speaker: alice }))).toThrow("--as needs the deployment's secrets");
  expect(() => operator(config({ speaker: alice }))).toThrow("this is for app nodes");
  expect(() => speakerOrOperator(config({}))).toThrow("who speaks?");
});
