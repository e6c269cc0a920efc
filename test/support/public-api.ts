/**
 * What the package exports, with its doc comments, read from the text: the compiler (TypeScript 7) has no API for it. It knows the
 * forms that the entries of src/client use, and throws on any other, so that nothing public goes unseen.
 */
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** By the name under which a consumer imports them. */
export const ENTRIES = {
  "allspark/client": "src/client/index.ts",
  "allspark/client/storage": "src/client/storage/index.ts",
  "allspark/client/file-store": "src/client/storage/file.ts",
  "allspark/react": "src/client/react/index.ts",
};

export interface PublicItem {
  name: string;
  /** Where it is declared, from the root of the repository. */
  file: string;
  /** The comment's text without its stars; undefined where there is none. */
  doc: string | undefined;
}

const REEXPORT = /^export (?:type )?\{([^}]*)\} from "([^"]+)";/;
const DECLARATION = /^export (?:declare )?(?:async )?(?:class|interface|type|function|const) (\w+)/;

export function publicItems(entry: string): PublicItem[] {
  const path = join(ROOT, entry);
  return exportsOf(readFileSync(path, "utf8")).flatMap(({ names, from }) => {
    const file = from === undefined ? path : join(dirname(path), from);
    const text = readFileSync(file, "utf8");
    return names.map((name) => ({ name, file: relative(ROOT, file), doc: docOf(text, name) }));
  });
}

/** Throws on an export of a form that it does not know. */
export function exportsOf(text: string): { names: string[]; from: string | undefined }[] {
  return [...text.matchAll(/^export /gm)].map(({ index }) => {
    const rest = text.slice(index);
    const declared = DECLARATION.exec(rest)?.[1];
    if (declared !== undefined) return { names: [declared], from: undefined };
    const [, list, from] = REEXPORT.exec(rest) ?? [];
    if (list === undefined) throw new Error(`not known how to read: ${rest.slice(0, 80)}`);
    const names = list.split(",").map((name) => name.trim().replace(/^type /, ""));
    return { names: names.filter((name) => name !== ""), from };
  });
}

/** The comment right before the declaration of `name`. */
export function docOf(text: string, name: string): string | undefined {
  const lines = text.split("\n");
  const at = lines.findIndex((line) => DECLARATION.exec(line)?.[1] === name);
  if (at === -1) throw new Error(`${name} is not declared where it is exported from`);
  if (lines[at - 1]?.trim() !== "*/") return undefined;
  const start = lines.slice(0, at).lastIndexOf("/**");
  return lines
    .slice(start + 1, at - 1)
    .map((line) => line.replace(/^ \* ?/, ""))
    .join("\n");
}

/** Members of the classes in a built declaration file that have no comment, as `Class.member`. */
export function undocumentedMembers(declarations: string): string[] {
  const found: string[] = [];
  let inClass: string | undefined;
  let before = "";
  for (const line of declarations.split("\n")) {
    inClass = /^export declare class (\w+)/.exec(line)?.[1] ?? (line === "}" ? undefined : inClass);
    const member = /^ {4}(?!private |constructor)(?:(?:readonly|static|get|set) )*(\w+)[?(:<]/.exec(line)?.[1];
    // An error's name is that of its class.
    const needsNone = member === undefined || member === "name" || before.endsWith("*/");
    if (inClass !== undefined && !needsNone) found.push(`${inClass}.${member}`);
    before = line;
  }
  return found;
}
