/** Pushes for tests, and what they need without a Worker: settings read, access tokens kept in memory. */
import { randomUUID } from "node:crypto";
import type { Push } from "../../../src/domain/push/push.ts";
import type { PushConfig } from "../../../src/push/push-config.ts";
import { type PushSettingName, readPushConfig } from "../../../src/push/settings.ts";
import { type TokenMint, TokenKeeper } from "../../../src/push/token-keeper.ts";
import type { AccessToken, TokenSource } from "../../../src/push/token-source.ts";
import { settingReader } from "../../../src/setting-reader.ts";

export function aPush(changes: Partial<Push> = {}): Push {
  return {
    id: randomUUID(),
    nodeId: "bob",
    title: "A message from alice",
    body: "Hello",
    silent: false,
    srcId: "alice",
    fromSeq: 7,
    at: Date.now(),
    ...changes,
  };
}

/** The largest that is allowed, of text that JSON makes twice as long where `quotes`: title 200 bytes, body 1,000, data 1,500, ids 128. */
export function largestPush(quotes: boolean): Push {
  const fill = (char: string, bytes: number) => char.repeat(Math.floor(bytes / Buffer.byteLength(char)));
  const char = quotes ? '"' : "ß";
  const data: Record<string, string> = {};
  const size = () => Buffer.byteLength(JSON.stringify(data));
  for (let i = 0; size() < 1_400; i++) data[`key${i}`] = fill("€", 90);
  data["last"] = "";
  data["last"] = "x".repeat(1_500 - size());
  return aPush({
    nodeId: fill(char, 128),
    srcId: fill(char, 128),
    sessionId: fill(char, 128),
    sessionSeq: Number.MAX_SAFE_INTEGER,
    fromSeq: Number.MAX_SAFE_INTEGER,
    type: Number.MAX_SAFE_INTEGER,
    title: fill(char, 200),
    body: fill(quotes ? '"' : "😀", 1_000),
    data,
  });
}

/** Throws with the problems of these settings. */
export function pushConfig(settings: Partial<Record<string, string>>): PushConfig {
  const reader = settingReader<PushSettingName>(settings);
  const config = readPushConfig(reader);
  if (reader.problems.length > 0) throw new Error(reader.problems.join("; "));
  return config;
}

export function memoryTokens(mint: TokenMint, now = () => Date.now()): TokenSource {
  let kept: AccessToken | undefined;
  const keeper = new TokenKeeper({ load: () => kept, save: (token) => void (kept = token) });
  return { token: (refused) => keeper.token(mint, refused, now()) };
}
