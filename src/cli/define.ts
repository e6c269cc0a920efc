/** How every command is declared, so that all have the same kind of help. */
import type { Command } from "commander";
import type { Body } from "./context.ts";

/** Runs a command's body with what it needs; see run.ts. */
export type Run = (command: Command, body: Body) => Promise<void>;

export interface About {
  /** One line, for the list of commands. */
  summary: string;
  /** What else there is to know. */
  more?: string;
  /** Command lines, each with what it does. */
  examples: readonly (readonly [line: string, what: string])[];
}

/** Adds a command, `"name <argument>"`, to its parent. */
export function define(parent: Command, usage: string, { summary, more, examples }: About): Command {
  const command = parent.command(usage).summary(summary);
  command.description(more === undefined ? capital(summary) : `${capital(summary)}.\n\n${more}`);
  if (examples.length > 0) command.addHelpText("after", `\nExamples:\n${table(examples)}`);
  command.addHelpText("after", "\nConfiguration and exit codes: allspark --help");
  return command;
}

/** Two columns, indented. */
export function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`.trimEnd()).join("\n");
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
