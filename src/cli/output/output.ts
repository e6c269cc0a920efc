/** Where a command's results go: stdout for results, for people or as JSON, and stderr for everything else. */
import type { Failure } from "../failures.ts";
import { printable } from "./printable.ts";

/** As much of a stream as is needed. */
export interface Sink {
  write(text: string, done?: (error?: Error | null) => void): boolean;
  isTTY?: boolean;
}

export class Output {
  readonly isJson: boolean;
  readonly stderr: Sink;
  readonly #stdout: Sink;
  #hasEnded = false;

  constructor(options: { isJson: boolean; stdout: Sink; stderr: Sink }) {
    this.isJson = options.isJson;
    this.stderr = options.stderr;
    this.#stdout = options.stdout;
  }

  /** One result: a line for people, or one line of JSON. `human` must be printable. Resolves when it is written. */
  result(human: string, json: unknown): Promise<void> {
    return this.#write(`${this.isJson ? JSON.stringify(json) : human}\n`);
  }

  /** Text that is the same in both forms. */
  text(text: string): Promise<void> {
    return this.#write(text);
  }

  /** What happens meanwhile; for people alone. */
  note(message: string): void {
    if (!this.isJson && !this.#hasEnded) this.stderr.write(`${printable(message)}\n`);
  }

  failure(failure: Failure, hint?: string): void {
    if (this.isJson) this.stderr.write(`${JSON.stringify({ error: failure })}\n`);
    else this.stderr.write(`allspark: ${printable(failure.message)}\n${hint === undefined ? "" : `${hint}\n`}`);
  }

  /** The command was stopped: what it still finds while it is taken down is no result. */
  end(): void {
    this.#hasEnded = true;
  }

  /** Does not resolve where nobody will read it: it must not count as taken. */
  #write(text: string): Promise<void> {
    return new Promise((resolve) => {
      if (this.#hasEnded) return;
      this.#stdout.write(text, (error) => {
        if (!error) resolve();
      });
    });
  }
}
