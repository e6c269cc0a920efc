import type { SeededRandom } from "../../support/seeded-random.ts";

/** Writes random JSON the way no serializer would: any whitespace, any escape, odd numbers. */
export class JsonWriter {
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** The text of a value and how deep it nests. */
  value(budget: number): { text: string; depth: number } {
    if (budget === 0 || this.#random.chance(0.3)) return { text: this.#scalar(), depth: 0 };
    const isArray = this.#random.chance(0.5);
    const members = Array.from({ length: this.#random.int(0, 4) }, () => {
      const { text, depth } = this.value(budget - 1);
      const member = isArray ? text : `${this.#name()}${this.space()}:${this.space()}${text}`;
      return { text: `${this.space()}${member}${this.space()}`, depth };
    });
    const inner = members.length === 0 ? this.space() : members.map(({ text }) => text).join(",");
    const depth = 1 + Math.max(0, ...members.map((member) => member.depth));
    return { text: isArray ? `[${inner}]` : `{${inner}}`, depth };
  }

  space(): string {
    return Array.from({ length: Math.max(0, this.#random.int(-2, 3)) }, () =>
      this.#random.pick([" ", "\t", "\n", "\r"]),
    ).join("");
  }

  #scalar(): string {
    return this.#random.chance(0.6)
      ? this.#string()
      : this.#random.pick(["0", "-1.5e+3", "12345678901234567890", "true", "false", "null"]);
  }

  /**
   * V8 may take a name of one escaped character for a name it saw in that place before (13.6 reads
   * {"a":0,"\\u003a":1} as {"a":0,"\\\\":1} after the latter), so there are none of these.
   */
  #name(): string {
    let name = this.#string();
    while (/^"\\(u[0-9a-fA-F]{4}|.)"$/.test(name)) name = this.#string();
    return name;
  }

  #string(): string {
    const parts = [
      "a",
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '\\"',
      "\\\\",
      "\\/",
      "\\n",
      "\\u0022",
      "\\u005C",
      "\\ud83d\\ude00",
      "é",
      "😀",
      "\u2028",
    ];
    return `"${Array.from({ length: this.#random.int(0, 8) }, () => this.#random.pick(parts)).join("")}"`;
  }
}
