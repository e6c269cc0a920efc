/** A program that writes to a file store without end, numbers in order, and prints each that is written: to be killed. */
import { fileStore } from "../../src/client/storage/file.ts";

const store = fileStore(process.argv[2]!);
await store.load();
for (let i = 0; ; i++) {
  await store.write(
    new Map([
      ["last", String(i)],
      [`key-${i % 50}`, "x".repeat(2_000)],
    ]),
  );
  process.stdout.write(`${i}\n`);
  // Lets what was printed go out.
  await new Promise((resolve) => setImmediate(resolve));
}
