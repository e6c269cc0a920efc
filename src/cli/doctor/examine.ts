/** Makes all checks in turn; a check whose needs an earlier one did not find is not made. */
import type { Context } from "../context.ts";
import { failureOf } from "../failures.ts";
import { clock, devKeys, encrypted, reachable } from "./address-checks.ts";
import type { Check, Facts, Finding } from "./check.ts";
import { inbox, key, preConnection } from "./key-checks.ts";
import { delivery, heartbeat, limits, socket, version } from "./socket-checks.ts";

const CHECKS: readonly Check[] = [
  reachable,
  encrypted,
  clock,
  devKeys,
  key,
  preConnection,
  socket,
  version,
  limits,
  heartbeat,
  inbox,
  delivery,
];

export async function* examine(context: Context): AsyncGenerator<Finding, void, void> {
  const facts: Facts = {};
  for (const check of CHECKS) yield { name: check.name, ...(await made(check, context, facts)) };
}

async function made(check: Check, context: Context, facts: Facts): Promise<Omit<Finding, "name">> {
  if (check.needs.some((need) => facts[need] === undefined)) {
    return { ok: null, detail: "not tried, because of the above" };
  }
  try {
    return await check.run(context, facts);
  } catch (error) {
    const { message } = failureOf(error);
    return { ok: false, detail: message, mend: "look into the edge's log (`npx wrangler tail`)" };
  }
}
