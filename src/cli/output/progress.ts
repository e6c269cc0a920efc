/** How far long work is, on stderr: a bar on a terminal, a plain line now and then elsewhere, nothing beside --json. */
import { SingleBar } from "cli-progress";
import type { Output } from "./output.ts";

export interface Progress {
  at(done: number): void;
  end(): void;
}

/** Without a terminal, so many lines from the beginning to the end. */
const LINES = 10;

export function progress(output: Output, label: string, total: number): Progress {
  if (output.isJson) return { at: () => {}, end: () => {} };
  if (output.stderr.isTTY !== true) return lines(output, label, total);
  const bar = new SingleBar({
    format: `${label} [{bar}] {percentage}%  {value}/{total}  {duration_formatted}`,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    hideCursor: true,
    stopOnComplete: false,
    stream: output.stderr as NodeJS.WriteStream,
  });
  bar.start(total, 0);
  return { at: (done) => bar.update(done), end: () => bar.stop() };
}

function lines(output: Output, label: string, total: number): Progress {
  let next = Math.ceil(total / LINES);
  return {
    at: (done) => {
      if (done < next) return;
      output.note(`${label}: ${done} of ${total}`);
      next = done + Math.ceil(total / LINES);
    },
    end: () => {},
  };
}
