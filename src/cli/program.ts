/** The whole command line: options of all commands, the commands, and the help that they share. */
import { Command } from "commander";
import manifest from "../../package.json" with { type: "json" };
import { DEFAULT_URL } from "./config/config.ts";
import { bench } from "./commands/bench.ts";
import { chat } from "./commands/chat.ts";
import { doctor } from "./commands/doctor.ts";
import { inbox } from "./commands/inbox.ts";
import { key } from "./commands/key.ts";
import { listen } from "./commands/listen.ts";
import { node } from "./commands/node/index.ts";
import { push } from "./commands/push/index.ts";
import { send } from "./commands/send.ts";
import { session } from "./commands/session/index.ts";
import { whoami } from "./commands/whoami.ts";
import { type Run, table } from "./define.ts";
import type { Output } from "./output/output.ts";

const CONFIGURATION = `
Configuration, what stands further left counts:
${table([
  ["address", `--url, ALLSPARK_URL, "url" of .allspark.json, ${DEFAULT_URL}`],
  ["who speaks", '--as or --auth-key, ALLSPARK_AUTH_KEY, "as" or "authKey" of .allspark.json'],
  ["secrets", '--secrets, ALLSPARK_SECRETS, "secrets" of .allspark.json'],
])}
  With secrets, the commands make a key for the node that --as names, and app keys for what operators do. An auth key
  speaks for its own node alone. Where neither is given, the secrets are those of .dev.vars in this folder, which
  \`npm run dev\` makes. .allspark.json is the nearest one from this folder upward.`;

const EXIT_CODES = `
Exit codes:
${table([
  ["0", "done"],
  ["1", "the edge refused, or a check failed"],
  ["2", "wrong usage or configuration"],
  ["3", "not reachable, not in time, or refused for now: the same may work later"],
  ["4", "not authorised"],
  ["130", "interrupted by Ctrl-C"],
  ["143", "ended by SIGTERM"],
])}`;

/**
 * `run` is called with the command that was chosen and what it does; `help` gets the text that a line without a command calls for.
 * Parsing throws CommanderError for what cannot be understood.
 */
export function program(run: Run, output: Output, help: string[]): Command {
  const root = new Command("allspark")
    .description("Talk to an Allspark from the command line")
    .version(manifest.version, "--version", "print the version")
    .helpOption("--help", "print this help")
    .option("--url <url>", "address of the edge")
    .option("--as <node>", "the node that speaks; needs secrets")
    .option(
      "--auth-key <key>",
      "its key, in place of --as; others on this machine can see it: better set ALLSPARK_AUTH_KEY",
    )
    .option(
      "--secrets <list>",
      "the deployment's secrets; others on this machine can see them: better set ALLSPARK_SECRETS",
    )
    .option("--json", "print results as JSON, one a line, and errors as JSON on stderr")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void output.text(text),
      writeErr: (text) => void help.push(text),
      // Errors are told by run.ts, in the form that was asked for.
      outputError: () => {},
    })
    .exitOverride();
  root.addHelpText("after", `${CONFIGURATION}\n${EXIT_CODES}`);
  // In the order in which a newcomer meets them.
  for (const add of [key, whoami, listen, send, chat, inbox, session, node, push, bench, doctor]) add(root, run);
  return root;
}
