/** Keeps every text that any node receives, over sockets and HTTP, and looks in it for what must not be there. */

interface Noted {
  observer: string;
  /** "frame", or method and path of an HTTP request. */
  where: string;
  text: string;
  at: number;
}

export interface Secret {
  /** The node whose secret it is: what it receives itself may hold it. */
  owner: string;
  words: readonly string[];
  /** Others who may know. */
  shared?: readonly string[];
  /** From this moment on it is no secret any more, but in texts that hold `stillIn`. */
  until?: number;
  stillIn?: string;
}

export class Witness {
  readonly #noted: Noted[] = [];

  note(observer: string, where: string, text: string): void {
    this.#noted.push({ observer, where, text, at: this.#noted.length });
  }

  /** A moment, for `Secret.until`: what is noted from now on comes after it. */
  get now(): number {
    return this.#noted.length;
  }

  get bytes(): number {
    return this.#noted.reduce((sum, { text }) => sum + text.length, 0);
  }

  /** Whoever received a secret that is not for it, with the place and the text around it. */
  leaks({ owner, words, shared = [], until = Infinity, stillIn }: Secret): string[] {
    const found: string[] = [];
    for (const { observer, where, text, at } of this.#noted) {
      if (observer === owner || shared.includes(observer)) continue;
      for (const part of at < until ? [text] : partsWith(text, stillIn)) {
        for (const word of words.flatMap(disguises)) {
          const place = part.indexOf(word);
          if (place >= 0) found.push(`${observer} in ${where}: ${part.slice(Math.max(0, place - 150), place + 150)}`);
        }
      }
    }
    return found;
  }
}

/** A word as it is, and as it would stand in base64 of something that begins with it or in other letters. */
function disguises(word: string): string[] {
  const base64 = Buffer.from(word).toString("base64").replace(/=+$/, "");
  return [word, word.toUpperCase(), base64.slice(0, Math.floor(word.length / 3) * 4)];
}

/** The messages in a text, or else all of it, that hold a word. A message begins with its sender, within strings as well. */
function partsWith(text: string, word: string | undefined): string[] {
  if (word === undefined || !text.includes(word)) return [];
  return text.split(/(?=\\*"src_id\\*":)/).filter((part) => part.includes(word));
}
