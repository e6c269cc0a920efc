/** tools/serve.ts as a child process, with command lines that it must refuse before it starts anything. */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, test } from "vitest";

const SERVE = resolve(import.meta.dirname, "../../../tools/serve.ts");

function serve(...args: string[]) {
  const env = { PATH: process.env["PATH"], ALLSPARK_SECRETS: "long enough for a secret" };
  const { status, stdout, stderr } = spawnSync(process.execPath, [SERVE, ...args], { env, encoding: "utf8" });
  return { status, stdout, stderr };
}

test.each([
  [["--nonsense"], "Unknown option '--nonsense'"],
  [["folder"], "Unexpected argument 'folder'"],
  [["--port", "99999"], "--port must be a whole number from 0 to 65535, not 99999"],
  [["--data", ""], '--data "": must be a folder'],
])("%j is wrong usage", (args, message) => {
  const { status, stdout, stderr } = serve(...args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toContain(`allspark: ${message}`);
  expect(stderr).toContain("usage: ALLSPARK_SECRETS=… npm run serve");
});

test("a --data that is a file gets one sentence, and no usage", () => {
  expect(serve("--data", SERVE)).toEqual({
    status: 1,
    stdout: "",
    stderr: `allspark: --data ${SERVE}: must be a folder that can be made and written, but it is not one\n`,
  });
});

test("--help", () => {
  const { status, stdout, stderr } = serve("--help");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toContain("usage: ALLSPARK_SECRETS=… npm run serve");
});
