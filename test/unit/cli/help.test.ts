/** Every command explains itself. */
import type { Command } from "commander";
import { expect, test } from "vitest";
import { Output } from "../../../src/cli/output/output.ts";
import { program } from "../../../src/cli/program.ts";

const sink = { write: () => true };
const root = program(() => Promise.resolve(), new Output({ isJson: false, stdout: sink, stderr: sink }), []);

function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
}

function all(command: Command, name: string): [string, Command][] {
  return command.commands.flatMap((child): [string, Command][] => {
    const path = `${name} ${child.name()}`;
    return child.commands.length > 0 ? all(child, path) : [[path, child]];
  });
}

const commands = all(root, "allspark");

test("all commands are there", () => {
  expect(commands.map(([path]) => path.replace("allspark ", ""))).toEqual([
    "key",
    "whoami",
    "listen",
    "send",
    "chat",
    "inbox",
    ...["create", "join", "leave", "info", "members", "watch", "history", "reveal", "close"].map(
      (name) => `session ${name}`,
    ),
    "node info",
    "node revoke",
    ...["add", "list", "remove", "test"].map((name) => `push ${name}`),
    "bench",
    "doctor",
  ]);
});

test.each(commands)("%s has examples that begin with it, and leads to the exit codes", (path, command) => {
  const help = helpOf(command);
  const examples = help.slice(help.indexOf("\nExamples:\n")).split("\n").slice(2);
  expect(examples[0]).toContain(path);
  expect(help).toContain("Configuration and exit codes: allspark --help");
  expect(help).toContain("--json");
});

test("--help says which exit codes there are, and where settings come from", () => {
  const help = helpOf(root);
  for (const code of ["0", "1", "2", "3", "4", "130"]) expect(help).toMatch(new RegExp(`^  ${code} +\\w`, "m"));
  for (const source of ["ALLSPARK_URL", "ALLSPARK_SECRETS", "ALLSPARK_AUTH_KEY", ".allspark.json", ".dev.vars"]) {
    expect(help).toContain(source);
  }
});
