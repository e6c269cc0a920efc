/** `allspark push remove` */
import { Argument, type Command } from "commander";
import { define, type Run } from "../../define.ts";
import { KINDS, pushCall } from "./push-call.ts";

export function remove(parent: Command, run: Run): void {
  define(parent, "remove", {
    summary: "remove the speaker's push targets of a kind, or one of them",
    examples: [
      ["allspark push remove fcm --as bob", "all of this kind"],
      ["allspark push remove fcm TOKEN --as bob", ""],
      ["allspark push remove webhook --id 3f9a01bc --as bob", "by the id that `push list` shows"],
    ],
  })
    .addArgument(new Argument("<kind>", "what kind of target").choices(KINDS))
    .argument("[token]", "the one with this token, endpoint or URL")
    .option("--id <id>", "the one that `push list` shows under this id")
    .action((kind: string, token: string | undefined, { id }: { id?: string }, command: Command) =>
      run(command, async (context) => {
        const which = new URLSearchParams({ ...(token && { token }), ...(id && { id }) });
        const call = { method: "DELETE", rest: `/${kind}${which.size > 0 ? `?${which}` : ""}` } as const;
        const { removed } = await pushCall<{ removed: number }>(context, call);
        await context.output.result(`${removed} removed`, { kind, removed });
      }),
    );
}
