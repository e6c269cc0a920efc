/** Plays the scenes in a real shell against a real edge, and writes down what a terminal would have shown. */
import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { SCENES } from "./scenes.ts";

export interface Performed {
  command: string;
  /** Without the line end. */
  output: string;
}

const CLI = resolve(import.meta.dirname, "../../dist/package/cli.js");
/** The address that `npm run dev` has. */
const SHOWN_HOST = "localhost:8787";
const SCENE_WITHIN_MS = 60_000;
/** `npx` itself would only find the same program, at half a second a time. */
const PRELUDE = 'exec 2>&1; npx() { shift; "$NODE" "$CLI" "$@"; }\n';

/** Needs the package built. Rejects where a scene fails or does not end. */
export async function perform(edge: { url: string; secret: string }): Promise<Performed[]> {
  const shell = spawn("bash", ["--norc"], {
    cwd: mkdtempSync(join(tmpdir(), "allspark-demo-")),
    env: {
      PATH: process.env["PATH"],
      TZ: "UTC",
      NODE: process.execPath,
      CLI,
      ALLSPARK_URL: edge.url,
      ALLSPARK_SECRETS: edge.secret,
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let printed = "";
  let changed = () => {};
  shell.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
    changed();
  });
  const shows = (part: RegExp) =>
    new Promise<void>((done, fail) => {
      const timer = setTimeout(() => fail(new Error(`no ${part} in ${printed}`)), SCENE_WITHIN_MS);
      changed = () => {
        if (!part.test(printed)) return;
        clearTimeout(timer);
        done();
      };
      changed();
    });

  const performed: Performed[] = [];
  try {
    shell.stdin.write(PRELUDE);
    for (const [index, { command, until }] of SCENES.entries()) {
      printed = "";
      const mark = `scene-${index}-ended-with`;
      shell.stdin.write(`${command}\necho "${mark} $?"\n`);
      await shows(new RegExp(`${mark} \\d+\n`));
      if (until !== undefined) await shows(until);
      const code = new RegExp(`${mark} (\\d+)\n`).exec(printed)?.[1];
      if (code !== "0") throw new Error(`${command} ended with ${code}: ${printed}`);
      const output = printed.replace(`${mark} 0\n`, "").trimEnd().replaceAll(new URL(edge.url).host, SHOWN_HOST);
      performed.push({ command, output });
    }
  } finally {
    shell.stdin.end();
    shell.kill();
  }
  return performed;
}

/** As text, for a fenced block. */
export function transcript(performed: readonly Performed[]): string {
  return performed.map(({ command, output }) => `$ ${command}${output === "" ? "" : `\n${output}`}`).join("\n");
}
