/** Runs the bare relay on the workerd binary that also runs Allspark, its objects in memory. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startWorkerd } from "../../../tools/serve/workerd.ts";
import { workerdConfig } from "../../../tools/serve/workerd-config.ts";

/** Listens on a free port; resolves when it does. */
export async function startBareRelay(compatibilityDate: string): Promise<{ url: string; stop(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), "bare-relay-"));
  const removeDirectory = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    const config = join(directory, "workerd.capnp");
    const contents = await readFile(join(import.meta.dirname, "worker.js"), "utf8");
    await writeFile(
      config,
      workerdConfig({
        compatibilityDate,
        modules: [{ name: "worker.js", type: "esm", contents }],
        durableObjects: [{ binding: "RELAY", className: "Relay", uniqueKey: "bare-relay" }],
      }),
    );
    const workerd = await startWorkerd({ config, host: "127.0.0.1", port: 0 });
    return {
      url: `http://127.0.0.1:${workerd.port}`,
      stop: async () => {
        await workerd.stop();
        await removeDirectory();
      },
    };
  } catch (error) {
    await removeDirectory();
    throw error;
  }
}
