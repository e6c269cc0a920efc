/** What every command works with. */
import type { Readable } from "node:stream";
import type { Config } from "./config/config.ts";
import type { Output } from "./output/output.ts";

export interface Context {
  readonly config: Config;
  readonly output: Output;
  readonly stdin: Readable & { isTTY?: boolean };
  /** Aborted where the command is to end early; whatever it awaits then is not awaited any longer. */
  readonly signal: AbortSignal;
  /** Ends the command early with this exit code. */
  stop(exitCode: number): void;
  /** Runs when the command has ended, however it did. */
  defer(cleanup: () => Promise<void> | void): void;
}

/** What a command does; the exit code is 0 unless it answers another. */
export type Body = (context: Context) => Promise<number | void>;
