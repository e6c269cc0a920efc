/** Frames as they come, for checks that look at the wire itself. */
export class Frames {
  readonly #waiting = new Set<(text: string) => void>();
  /** The first frame, which is the edge's WELCOME. */
  first: string | undefined;

  heard(text: string): void {
    this.first ??= text;
    for (const hear of this.#waiting) hear(text);
  }

  /** True when a frame with this in it has come, false where none has in time. */
  contains(part: string, withinMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (hasCome: boolean) => {
        clearTimeout(timer);
        this.#waiting.delete(hear);
        resolve(hasCome);
      };
      const hear = (text: string) => {
        if (text.includes(part)) settle(true);
      };
      const timer = setTimeout(() => settle(false), withinMs);
      this.#waiting.add(hear);
    });
  }
}
