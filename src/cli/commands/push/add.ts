/** `allspark push add` */
import { readFile } from "node:fs/promises";
import { Argument, type Command } from "commander";
import type { PushTarget } from "../../../client/index.ts";
import { define, type Run } from "../../define.ts";
import { UsageError } from "../../failures.ts";
import { KINDS, pushCall } from "./push-call.ts";

interface Options {
  fid?: true;
  topic?: string;
  sandbox?: true;
  secret?: string;
}

export function add(parent: Command, run: Run): void {
  define(parent, "add", {
    summary: "register a push target of the speaker",
    examples: [
      ["allspark push add fcm TOKEN --as bob", "Firebase Cloud Messaging"],
      ["allspark push add apns TOKEN --topic com.example.app --as bob", "Apple"],
      ["allspark push add webpush subscription.json --as bob", "what a browser's subscribe() gave, as JSON"],
      ["allspark push add webhook https://example.com/hook --secret whsec_… --as bob", ""],
    ],
  })
    .addArgument(new Argument("<kind>", "what kind of target").choices(KINDS))
    .argument("<target>", "a token; for webpush a file with the subscription, for webhook a URL")
    .option("--fid", "fcm: the target is a Firebase installation ID")
    .option("--topic <topic>", "apns: the app's topic")
    .option("--sandbox", "apns: Apple's sandbox")
    .option("--secret <secret>", "webhook: what its calls are signed with")
    .action((kind: PushTarget["kind"], target: string, options: Options, command: Command) =>
      run(command, async (context) => {
        const body = await targetOf(kind, target, options);
        await pushCall(context, { method: "PUT", rest: `/${kind}`, body });
        await context.output.result(`the ${kind} target is registered`, { kind });
      }),
    );
}

async function targetOf(
  kind: PushTarget["kind"],
  target: string,
  { fid, topic, sandbox, secret }: Options,
): Promise<PushTarget> {
  if (kind !== "fcm" && fid) throw new UsageError("--fid is for fcm");
  if (kind !== "apns" && (topic !== undefined || sandbox)) throw new UsageError("--topic and --sandbox are for apns");
  if (kind !== "webhook" && secret !== undefined) throw new UsageError("--secret is for webhook");
  switch (kind) {
    case "fcm":
      return fid ? { kind, fid: target } : { kind, token: target };
    case "apns":
      if (topic === undefined) throw new UsageError("apns needs --topic, as com.example.app");
      return { kind, token: target, topic, environment: sandbox ? "sandbox" : "production" };
    case "webpush":
      return { kind, subscription: await subscriptionOf(target) };
    case "webhook":
      if (secret === undefined) throw new UsageError("webhook needs --secret, as whsec_…");
      return { kind, url: target, secret };
  }
}

async function subscriptionOf(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The parser's message would quote the subscription, which holds keys.
    throw new UsageError(`${file} is not JSON: it should hold what pushManager.subscribe() gave`);
  }
}
