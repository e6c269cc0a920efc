/** The command line of `npm run bench` → what is measured. Prints nothing. */
import { parseCommandLine, WrongUsage } from "../tools/command-line.ts";

export const USAGE = `usage: npm run bench -- [options]
  --messages N   messages a round (50000)
  --rounds N     rounds of each peer and window (5)
  --nodes N      connected nodes, at least 2 (100)
  --windows A,B  open messages of each node, comma-separated (1,5,20,50)
  --help         this text`;

export interface BenchOptions {
  messages: number;
  rounds: number;
  nodes: number;
  windows: number[];
}

/** Throws WrongUsage for what it does not understand, before anything is started. */
export function readOptions(args: string[], env: NodeJS.ProcessEnv = process.env): BenchOptions | "help" {
  const { values } = parseCommandLine(
    "bench",
    {
      args,
      options: {
        messages: { type: "string", default: "50000" },
        rounds: { type: "string", default: "5" },
        nodes: { type: "string", default: "100" },
        windows: { type: "string", default: "1,5,20,50" },
        help: { type: "boolean", default: false },
      },
    },
    env,
  );
  if (values.help) return "help";
  return {
    messages: whole("messages", values.messages),
    rounds: whole("rounds", values.rounds),
    nodes: nodes(values.nodes),
    windows: values.windows.split(",").map(windowSize),
  };
}

function whole(name: string, text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number) || number < 1) {
    throw new WrongUsage(`--${name} must be a whole number above 0, not ${text === "" ? "empty" : text}`);
  }
  return number;
}

function nodes(text: string): number {
  const number = whole("nodes", text);
  if (number < 2) throw new WrongUsage("--nodes must be at least 2: every message goes from one node to another");
  return number;
}

/** A round counts the open messages of a node in 16 bits (load.ts). */
const MAX_WINDOW = 65_535;

function windowSize(text: string): number {
  const number = whole("windows", text.trim());
  if (number > MAX_WINDOW) throw new WrongUsage(`--windows takes numbers up to ${MAX_WINDOW}, not ${text}`);
  return number;
}
