/**
 * `node tools/record-demo.ts`: plays the first two minutes against an edge of its own and writes them down, as a picture and as text.
 * test/e2e/cli-recording.test.ts sees to it that they stay true.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { startAllspark } from "../bench/peers/allspark/start.ts";
import { perform, transcript } from "./demo/perform.ts";
import { PAGE, PICTURE, withRecording } from "./demo/recording.ts";
import { terminalSvg } from "./demo/terminal-svg.ts";
import "./build.ts";

// As `npm run dev` has it.
const edge = await startAllspark({ ALLSPARK_DEV_KEYS: "true" });
try {
  const performed = await perform(edge);
  writeFileSync(PICTURE, terminalSvg(performed));
  writeFileSync(PAGE, withRecording(readFileSync(PAGE, "utf8"), transcript(performed)));
  console.log(transcript(performed));
} finally {
  await edge.stop();
}
