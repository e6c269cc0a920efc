/**
 * The seq numbers of a node. They come from blocks reserved in storage, so they only grow across
 * crashes and hibernation, at one write a block; what a crash leaves of a block is never used.
 */
export class Sequence {
  readonly #block: number;
  readonly #reserve: (upTo: number) => void;
  #last: number;
  #reserved: number;

  /** `reserved`: the end of the last block that storage knows of; `reserve` writes a new end. */
  constructor(reserved: number, block: number, reserve: (upTo: number) => void) {
    this.#last = reserved;
    this.#reserved = reserved;
    this.#block = block;
    this.#reserve = reserve;
  }

  /** No seq above this one was ever given. */
  get last(): number {
    return this.#last;
  }

  /** The end of the block in use. */
  get reserved(): number {
    return this.#reserved;
  }

  next = (): number => {
    if (this.#last === this.#reserved) {
      this.#reserved += this.#block;
      this.#reserve(this.#reserved);
    }
    this.#last++;
    return this.#last;
  };
}
