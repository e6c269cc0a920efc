/** A server of an app's that takes webhooks: verified by the ready-made library of Standard Webhooks, as the docs advise. */
import { randomBytes } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { fieldsOf, must } from "./check.ts";
import { type Answer, type Double, startDouble } from "./double.ts";

const DATA_FIELDS = [
  "node_id",
  "title",
  "body",
  "data",
  "silent",
  "type",
  "src_id",
  "session_id",
  "session_seq",
  "from_seq",
];

export interface Delivery {
  /** webhook-id: the same for each try. */
  id: string;
  /** webhook-timestamp, s. */
  timestamp: number;
  payload: { type: string; timestamp: string; data: Record<string, unknown> };
}

export interface WebhookDouble extends Double {
  /** What was taken, in order; the same id twice where it was sent twice. */
  deliveries: Delivery[];
  /** The target to register, or to set as the deployment's own. */
  target: { kind: "webhook"; url: string; secret: string };
  /** The variables of an edge whose own webhook this double is. */
  settings(): Record<string, string>;
}

export async function startWebhookDouble(port = 0): Promise<WebhookDouble> {
  const secret = `whsec_${randomBytes(32).toString("base64")}`;
  const deliveries: Delivery[] = [];

  const double = await startDouble(({ method, path, headers, body }): Answer => {
    must(method === "POST" && path === "/hook", `${method} ${path}`);
    must(headers["content-type"] === "application/json", `the content type is ${headers["content-type"]}`);
    must(headers["user-agent"] === "Allspark", `the user agent is ${headers["user-agent"]}`);
    const signed = Object.fromEntries(
      ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => [name, headers[name]?.toString() ?? ""]),
    );
    const payload = new Webhook(secret).verify(body, signed) as Delivery["payload"];
    checkPayload(payload);
    const id = signed["webhook-id"] ?? "";
    must(/^[\w-]+$/.test(id), `the id is ${id}`);
    deliveries.push({ id, timestamp: Number(signed["webhook-timestamp"]), payload });
    return { status: 204 };
  }, port);

  const target = { kind: "webhook", url: `${double.url}/hook`, secret } as const;
  return Object.assign(double, {
    deliveries,
    target,
    settings: () => ({ ALLSPARK_PUSH_WEBHOOK: target.url, ALLSPARK_PUSH_WEBHOOK_SECRET: secret }),
  });
}

function checkPayload(payload: unknown): void {
  const { type, timestamp, data } = fieldsOf(payload, "the body", ["type", "timestamp", "data"]);
  must(type === "push", `the type is ${String(type)}`);
  const at = typeof timestamp === "string" ? new Date(timestamp) : undefined;
  must(at !== undefined && !Number.isNaN(at.getTime()) && at.toISOString() === timestamp, "timestamp is no ISO 8601");
  const fields = fieldsOf(data, "data", DATA_FIELDS);
  must(typeof fields["node_id"] === "string" && typeof fields["title"] === "string", "data names no node or title");
  must(typeof fields["silent"] === "boolean", "silent is no boolean");
  must(Number.isInteger(fields["from_seq"]), "from_seq is no number");
}
