/**
 * Finds the messages of a frame in its text, so that what a sender wrote travels on unaltered: parse
 * and stringify would change integers beyond 2^53, and would cost a stringify.
 */

export interface MessageSlice {
  /** What the sender wrote, on one line. */
  text: string;
  /** Nesting of arrays and objects, the message itself counting as 1; 0 for what is neither. */
  depth: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;

/**
 * Slices a frame into its messages: the frame itself, or the elements of its array. Takes only what
 * `JSON.parse` has accepted; with any other text the result means nothing. Line breaks between tokens
 * become spaces, so that a message is always one line.
 */
export function sliceFrame(frame: string): MessageSlice[] {
  const text = frame.trim();
  const outer = text.startsWith("[") ? 1 : 0;
  const slices: MessageSlice[] = [];
  let start = outer;
  let deepest = outer;
  const end = (at: number) => {
    slices.push({ text: oneLine(text.slice(start, at)), depth: deepest - outer });
    start = at + 1;
    deepest = outer;
  };
  scan(text, (unit, at, depth) => {
    if (depth > deepest) deepest = depth;
    if (unit === COMMA && depth === 1 && outer === 1) end(at);
  });
  if (outer === 0) end(text.length);
  else if (slices.length > 0 || text.slice(1, -1).trim() !== "") end(text.length - 1);
  return slices;
}

/** Takes some members out of the text of a JSON object and leaves the rest as it was written. */
export function withoutMembers(text: string, names: ReadonlySet<string>): string {
  const kept = sliceMembers(text).filter(({ name }) => !names.has(name));
  return `{${kept.map((member) => member.text).join(",")}}`;
}

/** The text of the value that `JSON.parse` gives a member of an object: the last of that name; undefined for none. */
export function memberText(text: string, name: string): string | undefined {
  return sliceMembers(text).findLast((member) => member.name === name)?.value;
}

function sliceMembers(text: string): { name: string; text: string; value: string }[] {
  const members: { name: string; text: string; value: string }[] = [];
  let start = text.indexOf("{") + 1;
  let colon = 0;
  const end = (at: number) => {
    if (colon > start) {
      const name = JSON.parse(text.slice(start, colon)) as string;
      members.push({ name, text: text.slice(start, at).trim(), value: text.slice(colon + 1, at).trim() });
    }
    start = at + 1;
  };
  scan(text, (unit, at, depth) => {
    if (depth !== 1) return;
    if (unit === COLON) colon = at;
    else if (unit === COMMA) end(at);
  });
  end(text.lastIndexOf("}"));
  return members;
}

/** Visits the brackets, commas and colons of valid JSON, each with the depth after it. */
function scan(text: string, visit: (unit: number, at: number, depth: number) => void): void {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === QUOTE) i = endOfString(text, i);
    else if (unit === 0x7b || unit === 0x5b) visit(unit, i, ++depth);
    else if (unit === 0x7d || unit === 0x5d) visit(unit, i, --depth);
    else if (unit === COMMA || unit === COLON) visit(unit, i, depth);
  }
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
