/** What the tools have in common in reading their command lines. Prints nothing: the tools do. */
import { parseArgs, type ParseArgsConfig } from "node:util";

/** A command line that is not understood. A tool shows the message with its usage and exits with 2. */
export class WrongUsage extends Error {
  override name = "WrongUsage";
}

/** node:util's parseArgs for `npm run SCRIPT`; throws WrongUsage where it, or npm before it, misunderstood the line. */
export function parseCommandLine<T extends ParseArgsConfig>(
  script: string,
  config: T,
  env: NodeJS.ProcessEnv = process.env,
): ReturnType<typeof parseArgs<T>> {
  const swallowed = swallowedByNpm(Object.keys(config.options ?? {}), config.args ?? process.argv.slice(2), env);
  if (swallowed.length > 0) {
    const options = swallowed.map((name) => `--${name}`).join(" ");
    throw new WrongUsage(
      `npm took ${options} for itself: put -- before the options, as in "npm run ${script} -- ${options} …"`,
    );
  }
  try {
    return parseArgs(config);
  } catch (error) {
    if (!(error as NodeJS.ErrnoException).code?.startsWith("ERR_PARSE_ARGS")) throw error;
    throw new WrongUsage((error as Error).message);
  }
}

/**
 * Options that were written without the `--` which hands them on: npm then takes them as settings of its own and the
 * script only sees npm_config_NAME. What is also in `args` was handed on, so a variable of that name means nothing.
 */
export function swallowedByNpm(options: string[], args: readonly string[], env: NodeJS.ProcessEnv): string[] {
  return options.filter((name) => {
    if (args.some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`))) return false;
    // npm has shorthands of one letter that may be joined, and reads --app as -a -p -p.
    const settings = name === "app" ? ["all", "parseable"] : [name.replaceAll("-", "_")];
    return settings.every((setting) => env[`npm_config_${setting}`] !== undefined);
  });
}

/** The port that `--port` names; 0, for a free one, is allowed. */
export function readPort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new WrongUsage(`--port must be a whole number from 0 to 65535, not ${text === "" ? "empty" : text}`);
  }
  return Number(text);
}
