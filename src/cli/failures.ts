/** Errors that the command line itself gives, and what each means for the exit code. Nothing here may quote a key or a secret. */
import { AllsparkError, ConnectionError } from "../client/index.ts";
import { ERRORS } from "../protocol/errors.ts";

/** What the process exits with; part of the interface, see docs/cli.md. */
export const EXIT = {
  ok: 0,
  /** The edge refused, or a check failed. */
  refused: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
  /** Not reachable, not in time, or refused for now: the same may work later. */
  temporary: 3,
  notAuthorised: 4,
  /** Ctrl-C. */
  interrupted: 130,
  /** SIGTERM. */
  terminated: 143,
} as const;

/** Something that the command line found out itself. */
export class CliError extends Error {
  override name = "CliError";
  readonly code: string;
  readonly exitCode: number;

  constructor(code: string, message: string, exitCode: number) {
    super(message);
    this.code = code;
    this.exitCode = exitCode;
  }
}

/** The command line or the configuration cannot be understood; says what would be right. */
export class UsageError extends CliError {
  override name = "UsageError";

  constructor(message: string) {
    super("USAGE", message, EXIT.usage);
  }
}

/** An error as `--json` prints it. */
export interface Failure {
  code: string;
  message: string;
  temporary: boolean;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof CliError) {
    return { code: error.code, message: error.message, temporary: error.exitCode === EXIT.temporary };
  }
  if (error instanceof AllsparkError) {
    return { code: error.code, message: error.message + causeOf(error), temporary: error.temporary };
  }
  return { code: "INTERNAL", message: error instanceof Error ? error.message : String(error), temporary: false };
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof CliError) return error.exitCode;
  if (!(error instanceof AllsparkError)) return EXIT.refused;
  const closeCode = error instanceof ConnectionError ? error.closeCode : undefined;
  if (closeCode === 4001 || closeCode === 4003) return EXIT.notAuthorised;
  if (error.code === "BAD_OPTION") return EXIT.usage;
  const status = Object.hasOwn(ERRORS, error.code) ? ERRORS[error.code as keyof typeof ERRORS].http : undefined;
  if (status === 401 || status === 403) return EXIT.notAuthorised;
  return error.temporary ? EXIT.temporary : EXIT.refused;
}

/** fetch says "fetch failed" and hides why further down. */
export function deepestCause(error: unknown): NodeJS.ErrnoException {
  let deepest = error as Error;
  while (deepest.cause instanceof Error) deepest = deepest.cause;
  return deepest;
}

function causeOf(error: Error): string {
  const { message, code } = deepestCause(error);
  // Where several addresses were tried there is a code alone.
  const why = message || code || "";
  return why === "" || error.message.includes(why) ? "" : ` (${why})`;
}
