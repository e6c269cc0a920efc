/** What the commands of a session share: the session's id, and a client that needs no socket. */
import type { Command } from "commander";
import type { Allspark } from "../../../client/index.ts";
import type { Speaker } from "../../config/speaker.ts";
import type { Context } from "../../context.ts";
import { type About, define } from "../../define.ts";
import { nodeClient } from "../../node-client.ts";
import { id } from "../../option-values.ts";

/** A command with the session as its argument. */
export function sessionCommand(parent: Command, name: string, about: About): Command {
  return define(parent, name, about).argument("<session>", "the session's id", id);
}

/** For calls over HTTP alone. */
export function caller(context: Context, speaker: Speaker): Allspark {
  return nodeClient(context, speaker, { acks: false }).client;
}
