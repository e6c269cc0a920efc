/** `.allspark.json`: the nearest one from a folder upward. Nothing of its values goes into errors. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isObject } from "../../protocol/json-object.ts";
import { UsageError } from "../failures.ts";

export const CONFIG_FILE = ".allspark.json";

const FIELDS = ["url", "secrets", "authKey", "as", "jwtIssuer", "jwtAudience"] as const;

export type ConfigFile = { path: string } & { [field in (typeof FIELDS)[number]]?: string };

/** undefined where there is none. Throws UsageError naming what is wrong in it. */
export function readConfigFile(folder: string): ConfigFile | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const path = join(at, CONFIG_FILE);
    const text = textOf(path);
    if (text !== undefined) return { path, ...checked(path, text) };
    if (dirname(at) === at) return undefined;
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new UsageError(`${path} cannot be read (${code})`);
  }
}

function checked(path: string, text: string): Omit<ConfigFile, "path"> {
  let value: unknown;
  try {
    // Editors on Windows put a byte order mark before it.
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    // The parser's message quotes the text, and with it perhaps a secret.
    throw new UsageError(`${path} is not JSON: it should look like {"url": "https://…", "as": "alice"}`);
  }
  if (!isObject(value)) throw new UsageError(`${path} must hold one JSON object`);
  for (const [name, field] of Object.entries(value)) {
    if (!(FIELDS as readonly string[]).includes(name)) {
      throw new UsageError(`${path}: there is no ${JSON.stringify(name)}; what it may hold is ${FIELDS.join(", ")}`);
    }
    if (typeof field !== "string" || field.trim() === "") throw new UsageError(`${path}: ${name} must be text`);
  }
  return value as Omit<ConfigFile, "path">;
}
