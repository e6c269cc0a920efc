/** The recorded terminal session in the docs is what the commands really print, but for ids, times and rates. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { startEdge } from "../support/edge.ts";
import { perform, transcript } from "../../tools/demo/perform.ts";
import { PAGE, PICTURE, recordedText } from "../../tools/demo/recording.ts";
import { textOfSvg } from "../../tools/demo/terminal-svg.ts";

/** What differs from one run to the next. */
const VARYING: [RegExp, string][] = [
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "UUID"],
  [/\banon-[0-9a-f]+/g, "anon-ID"],
  [/\b[0-9a-z]{12}-\d+$/gm, "ID"],
  [/\b\d\d:\d\d:\d\d\b/g, "TIME"],
  [/\b\d+(\.\d+)? ms\b/g, "N ms"],
  [/\b\d+ messages\/s, in \d+(\.\d+)? s\b/g, "N messages/s, in N s"],
  [/\b\d+ delivered, \d+ stored\b/g, "N delivered, N stored"],
];

function constant(text: string): string {
  return VARYING.reduce((rest, [pattern, name]) => rest.replace(pattern, name), text);
}

test("still prints what was recorded", async () => {
  const edge = await startEdge({ env: { ALLSPARK_DEV_KEYS: "true" } });
  try {
    const now = transcript(await perform(edge));
    expect(constant(now)).toBe(constant(recordedText(readFileSync(PAGE, "utf8"))));
  } finally {
    await edge.close();
  }
});

test("the picture shows the same as the text", () => {
  expect(textOfSvg(readFileSync(PICTURE, "utf8"))).toBe(recordedText(readFileSync(PAGE, "utf8")));
});
