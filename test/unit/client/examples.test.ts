/** Everything public is documented with an example, and every example compiles against the package as it is built. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { builtPackage } from "../../support/built-package.ts";
import { complaintsAbout, type Example, examplesOfDoc, examplesOfDocument } from "../../support/examples.ts";
import { docOf, ENTRIES, exportsOf, publicItems, ROOT, undocumentedMembers } from "../../support/public-api.ts";

const COMPILES_WITHIN_MS = 60_000;
const DOCUMENTS = ["README.md", "docs/client.md"];

const items = Object.values(ENTRIES).flatMap((entry) => publicItems(entry));
const fromDocs = items.flatMap(({ name, doc }) => examplesOfDoc(name, doc ?? ""));
const fromDocuments = DOCUMENTS.flatMap((path) =>
  examplesOfDocument(path.replaceAll(/\W/g, "-"), readFileSync(join(ROOT, path), "utf8")),
);

beforeAll(builtPackage, COMPILES_WITHIN_MS);

test("every public item has an example", () => {
  // A few that must be among them, so that a list that came out empty does not pass.
  const names = items.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["Allspark", "Status", "indexedDbStore", "fileStore", "useSession"]));
  const without = items.filter(({ name, doc }) => examplesOfDoc(name, doc ?? "").length === 0);
  expect(without.map(({ name, file }) => `${name} of ${file}`)).toEqual([]);
});

test("every public member of a class is documented", () => {
  const files = new Set(
    items.map(({ file }) => file.replace(/^src\//, "dist/package/types/").replace(/\.tsx?$/, ".d.ts")),
  );
  const bare = [...files].flatMap((file) => undocumentedMembers(readFileSync(join(ROOT, file), "utf8")));
  const names = new Set(items.map(({ name }) => name));
  expect(bare.filter((member) => names.has(member.split(".")[0]!))).toEqual([]);
});

test("every example imports something by the package's name, or has a client given", () => {
  const strangers = [...fromDocs, ...fromDocuments].filter(({ code }) => !/["(]allspark\//.test(code));
  expect(strangers.map(({ name }) => name)).toEqual([]);
});

test("the documents have examples", () => {
  for (const path of DOCUMENTS) {
    expect(fromDocuments.filter(({ name }) => name.startsWith(path.replaceAll(/\W/g, "-"))).length).toBeGreaterThan(0);
  }
});

describe.each(["bundler", "nodenext"] as const)("moduleResolution %s", (resolution) => {
  test(
    "every example compiles",
    async () => {
      expect(await complaintsAbout([...fromDocs, ...fromDocuments], resolution)).toEqual([]);
    },
    COMPILES_WITHIN_MS,
  );

  test(
    "an example that is wrong is told of, by its name",
    async () => {
      const broken: Example[] = [
        {
          name: "unknown-option",
          language: "ts",
          code: 'import { Allspark } from "allspark/client";\nnew Allspark({ url: "http://edge", authKey: "k", colour: 1 });',
        },
        {
          name: "unknown-export",
          language: "ts",
          code: 'import { Decepticon } from "allspark/client";\nDecepticon();',
        },
        {
          name: "unknown-entry",
          language: "ts",
          code: 'import * as server from "allspark/server";\nconsole.log(server);',
        },
        {
          name: "missing-id",
          language: "tsx",
          code: 'import { useSession } from "allspark/react";\nexport const Bad = () => <p>{useSession().me}</p>;',
        },
      ];
      const good = fromDocs.find(({ name }) => name.startsWith("Allspark-"))!;
      const complaints = await complaintsAbout([good, ...broken], resolution);
      const named = new Set(complaints.map((line) => line.split(/\.tsx?\(/)[0]));
      expect(named).toEqual(new Set(broken.map(({ name }) => name)));
    },
    COMPILES_WITHIN_MS,
  );
});

describe("what is missing is seen", () => {
  const source = `
/**
 * With one.
 *
 * @example
 * \`\`\`ts
 * good();
 * \`\`\`
 */
export class Good {}

/** Without. */
export interface Short {
  x: number;
}

/**
 * Without, too.
 *
 * @remarks
 * \`\`\`ts
 * notAnExample();
 * \`\`\`
 */
export function remarks(): void {}

export const bare = 1;
`;
  const examples = (name: string) => examplesOfDoc(name, docOf(source, name) ?? "").map(({ code }) => code);

  test("an item without an example", () => {
    expect(exportsOf(source).flatMap(({ names }) => names)).toEqual(["Good", "Short", "remarks", "bare"]);
    expect(examples("Good")).toEqual(["good();\n"]);
    expect(examples("Short")).toEqual([]);
    expect(examples("remarks")).toEqual([]);
    expect(examples("bare")).toEqual([]);
  });

  test("an export that cannot be read", () => {
    expect(() => exportsOf('export * from "./all.ts";')).toThrow('export * from "./all.ts"');
    expect(() => docOf(source, "Elsewhere")).toThrow("Elsewhere is not declared");
  });

  test("a member without a comment", () => {
    const declarations = `export declare class Some {
    #private;
    /** Has one. */
    readonly a: number;
    b(): void;
    private c;
    constructor();
    get d(): string;
    /** Has one. */
    static e<T>(value: T): void;
    readonly f?: number;
}
export interface Other {
    g: number;
}`;
    expect(undocumentedMembers(declarations)).toEqual(["Some.b", "Some.d", "Some.f"]);
  });
});
