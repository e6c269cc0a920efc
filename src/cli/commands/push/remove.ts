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
    ],
  })
    .addArgument(new Argument("<kind>", "what kind of target").choices(KINDS))
    .argument("[token]", "the one with this token")
    .action((kind: string, token: string | undefined, _: object, command: Command) =>
      run(command, async (context) => {
        const query = token === undefined ? "" : `?${new URLSearchParams({ token })}`;
        await pushCall(context, { method: "DELETE", rest: `/${kind}${query}` });
        await context.output.result("removed", { kind });
      }),
    );
}
