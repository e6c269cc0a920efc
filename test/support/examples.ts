/** Code in doc comments and documents, compiled as a consumer's: against the built package, by its name. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { ROOT } from "./public-api.ts";

export interface Example {
  /** Where it stands, for messages; also the name of its file. */
  name: string;
  language: "ts" | "tsx";
  code: string;
}

const TSC = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");

/** The ts and tsx blocks of a doc comment's @example tags. */
export function examplesOfDoc(name: string, doc: string): Example[] {
  return doc.split(/^@/m).flatMap((tag) => (tag.startsWith("example") ? blocks(name, tag) : []));
}

/**
 * The ts and tsx blocks of a document. One that makes no client of its own has one, under the name `allspark`: prose need not
 * repeat it each time.
 */
export function examplesOfDocument(name: string, markdown: string): Example[] {
  return blocks(name, markdown).map(({ code, ...rest }) => ({
    ...rest,
    code: /\bconst allspark\b|"allspark\/react"/.test(code)
      ? code
      : `declare const allspark: import("allspark/client").Allspark;\n${code}`,
  }));
}

function blocks(name: string, text: string): Example[] {
  return [...text.matchAll(/^```(tsx?)\n(.*?)^```$/gms)].map(([, language, code], i) => ({
    name: `${name}-${i + 1}`,
    language: language as Example["language"],
    code: code!,
  }));
}

/** Compiles all of them at once, each a module of its own. Answers the compiler's complaints, each of which begins with the example. */
export async function complaintsAbout(
  examples: readonly Example[],
  resolution: "bundler" | "nodenext",
): Promise<string[]> {
  // Inside the package, so that its own name leads to what its `exports` say.
  await mkdir(join(ROOT, "dist/examples"), { recursive: true });
  const directory = await mkdtemp(join(ROOT, "dist/examples", `${resolution}-`));
  try {
    for (const { name, language, code } of examples) {
      await writeFile(join(directory, `${name}.${language}`), `${code}\nexport {};\n`);
    }
    const compilerOptions = {
      strict: true,
      noEmit: true,
      target: "ES2022",
      lib: ["ES2022", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
      module: resolution === "bundler" ? "ESNext" : "NodeNext",
      moduleResolution: resolution,
      jsx: "react-jsx",
      types: ["node"],
    };
    await writeFile(join(directory, "tsconfig.json"), JSON.stringify({ compilerOptions }));
    return await compilerOutput(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

function compilerOutput(directory: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [TSC, "-p", directory, "--pretty", "false"],
      { cwd: directory },
      (error, stdout, stderr) => {
        // What goes on to explain is indented.
        const lines = stdout.split(/\n(?! )/).filter((line) => line.trim() !== "");
        if (error !== null && lines.length === 0) reject(new Error(`tsc: ${error.message}\n${stderr}`));
        else resolve(lines);
      },
    );
  });
}
