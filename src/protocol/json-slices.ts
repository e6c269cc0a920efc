/**
 * Finds the messages of a frame in its text, so that what a sender wrote travels on unaltered: parse
 * and stringify would change integers beyond 2^53, and would cost a stringify.
 */

export interface FrameSlices {
  /** The text of each message: the frame itself, or the elements of its array. */
  messages: string[];
  /** Deepest nesting of arrays and objects of any message, the message itself counting as 1. */
  depth: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/**
 * Slices a frame that `JSON.parse` has accepted; with any other text the result means nothing.
 * Line breaks between tokens become spaces, so that a message is always one line.
 */
export function sliceFrame(frame: string): FrameSlices {
  const text = frame.trim();
  const isArray = text.startsWith("[");
  const messages: string[] = [];
  const outer = isArray ? 1 : 0;
  let depth = 0;
  let deepest = 0;
  let start = outer;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === QUOTE) {
      i = endOfString(text, i);
    } else if (unit === 0x7b || unit === 0x5b) {
      depth++;
      if (depth > deepest) deepest = depth;
    } else if (unit === 0x7d || unit === 0x5d) {
      depth--;
    } else if (unit === COMMA && isArray && depth === 1) {
      messages.push(oneLine(text.slice(start, i)));
      start = i + 1;
    }
  }
  if (!isArray) messages.push(oneLine(text));
  else {
    const last = text.slice(start, -1).trim();
    if (last !== "") messages.push(oneLine(last));
  }
  return { messages, depth: deepest - outer };
}

/** Index of the quote that ends the string starting at `open`: the first one after an even run of backslashes. */
function endOfString(text: string, open: number): number {
  let end = text.indexOf('"', open + 1);
  while (end > 0 && text.charCodeAt(end - 1) === BACKSLASH) {
    let run = 1;
    while (text.charCodeAt(end - 1 - run) === BACKSLASH) run++;
    if (run % 2 === 0) break;
    end = text.indexOf('"', end + 1);
  }
  return end < 0 ? text.length : end;
}

function oneLine(message: string): string {
  const trimmed = message.trim();
  // Raw line breaks are legal only between tokens, never inside a JSON string.
  return trimmed.includes("\n") || trimmed.includes("\r") ? trimmed.replace(/[\r\n]+/g, " ") : trimmed;
}
