/** Makes a push fit what its service takes. */

const ELLIPSIS = "…";

/**
 * The longest start of `text`, with an ellipsis, for which `fits`; `text` itself where it does, and the empty text
 * where nothing else does. Cuts between characters, never within one.
 */
export function fitText(text: string, fits: (text: string) => boolean): string {
  if (fits(text)) return text;
  const chars = [...text];
  let shortest = 0;
  let tooLong = chars.length;
  while (tooLong - shortest > 1) {
    const middle = (shortest + tooLong) >> 1;
    if (fits(chars.slice(0, middle).join("") + ELLIPSIS)) shortest = middle;
    else tooLong = middle;
  }
  return shortest === 0 ? "" : chars.slice(0, shortest).join("").trimEnd() + ELLIPSIS;
}
