import { expect, test } from "vitest";
import { Output } from "../../../src/cli/output/output.ts";

function outputs(isJson: boolean) {
  const written = { stdout: "", stderr: "" };
  const sink = (name: "stdout" | "stderr") => ({
    write: (text: string, done?: () => void) => {
      written[name] += text;
      done?.();
      return true;
    },
  });
  return { output: new Output({ isJson, stdout: sink("stdout"), stderr: sink("stderr") }), written };
}

test("for people: lines, notes and errors", async () => {
  const { output, written } = outputs(false);
  await output.result("done", { done: true });
  output.note("by the way\u001b[2J");
  output.failure({ code: "X", message: "wrong\u001b[2J", temporary: false }, "Do this.");
  expect(written).toEqual({
    stdout: "done\n",
    stderr: "by the way\\u001b[2J\nallspark: wrong\\u001b[2J\nDo this.\n",
  });
});

test("as JSON: one object a line, errors too, and no notes", async () => {
  const { output, written } = outputs(true);
  await output.result("done", { done: true });
  output.note("by the way");
  output.failure({ code: "X", message: "wrong", temporary: false }, "Do this.");
  expect(written).toEqual({
    stdout: '{"done":true}\n',
    stderr: '{"error":{"code":"X","message":"wrong","temporary":false}}\n',
  });
});

test("once it has ended nothing counts as written", async () => {
  const { output, written } = outputs(false);
  output.end();
  let isWritten = false;
  void output.result("late", {}).then(() => (isWritten = true));
  output.note("late");
  await new Promise((resolve) => setImmediate(resolve));
  expect({ isWritten, ...written }).toEqual({ isWritten: false, stdout: "", stderr: "" });
});
