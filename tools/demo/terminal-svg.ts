/** A transcript → a picture of a terminal whose lines appear one after the other; one file, nothing fetched from elsewhere. */
import type { Performed } from "./perform.ts";

const CHAR_WIDTH = 7.83;
const LINE_HEIGHT = 19;
const PADDING = 18;
const BAR_HEIGHT = 30;
/** Pauses, in seconds: while a command is read, and between lines of output. */
const COMMAND_S = 1.6;
const LINE_S = 0.12;

interface Line {
  text: string;
  isCommand: boolean;
  atS: number;
}

export function terminalSvg(performed: readonly Performed[]): string {
  const lines: Line[] = [];
  let atS = 0.5;
  for (const { command, output } of performed) {
    lines.push({ text: `$ ${command}`, isCommand: true, atS });
    atS += COMMAND_S;
    for (const text of output === "" ? [] : output.split("\n")) {
      lines.push({ text, isCommand: false, atS });
      atS += LINE_S;
    }
  }
  const columns = Math.max(...lines.map(({ text }) => text.length));
  const width = Math.ceil(columns * CHAR_WIDTH + 2 * PADDING);
  const height = BAR_HEIGHT + lines.length * LINE_HEIGHT + 2 * PADDING - 4;
  const texts = lines.map((line, index) => textElement(line, BAR_HEIGHT + PADDING + (index + 0.5) * LINE_HEIGHT));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>A terminal: the first two minutes with Allspark</title>
<style>
text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #b8c0cc; white-space: pre; }
.command { fill: #ffffff; font-weight: bold; }
.good { fill: #5fd38d; }
@media not (prefers-reduced-motion: reduce) {
  text { animation: appear 0.01s linear both; }
  @keyframes appear { from { opacity: 0; } to { opacity: 1; } }
}
</style>
<rect width="${width}" height="${height}" rx="8" fill="#161b22"/>
<circle cx="20" cy="17" r="5.5" fill="#ff5f57"/><circle cx="39" cy="17" r="5.5" fill="#febc2e"/><circle cx="58" cy="17" r="5.5" fill="#28c840"/>
${texts.join("\n")}
</svg>
`;
}

function textElement({ text, isCommand, atS }: Line, y: number): string {
  const marked = escaped(text).replace(/^✓/, '<tspan class="good">✓</tspan>');
  const kind = isCommand ? ' class="command"' : "";
  return `<text x="${PADDING}" y="${y}"${kind} xml:space="preserve" style="animation-delay:${atS.toFixed(2)}s">${marked}</text>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** The text of a picture that terminalSvg made. */
export function textOfSvg(svg: string): string {
  return [...svg.matchAll(/<text [^>]*>(.*)<\/text>/g)]
    .map(([, inner = ""]) => inner.replace(/<[^>]*>/g, ""))
    .map((text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&"))
    .join("\n");
}
