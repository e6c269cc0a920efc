/** An edge that may call the doubles of push services, and what tests ask of it. */
import { type Edge, startEdge } from "../edge.ts";

/** `env`: settings of the doubles and others. Targets of nodes may lie on this machine. */
export function startEdgeWithPush(env: Record<string, string>): Promise<Edge> {
  return startEdge({
    args: ["--allow-private"],
    env: {
      ALLSPARK_PUSH_ALLOW_PRIVATE: "true",
      ALLSPARK_PUSH_DELAY_MS: "0",
      ALLSPARK_PUSH_THROTTLE_MS: "1000",
      ...env,
    },
  });
}

/** Registers a push target of a node over HTTP, as the node itself. Throws where it is refused. */
export async function register(
  edge: Edge,
  nodeId: string,
  target: { kind: string } & Record<string, unknown>,
): Promise<void> {
  const path = `/v1/nodes/${nodeId}/push-targets/${target.kind}`;
  const { status, body } = await edge.call("PUT", path, edge.key(nodeId), target);
  if (status !== 200) throw new Error(`PUT ${path} answered ${status}: ${JSON.stringify(body)}`);
}

export interface ListedTarget {
  id: string;
  kind: string;
  [field: string]: unknown;
}

export async function listTargets(edge: Edge, nodeId: string): Promise<ListedTarget[]> {
  const path = `/v1/nodes/${nodeId}/push-targets`;
  const { body } = await edge.call<{ targets: ListedTarget[] }>("GET", path, edge.key(nodeId));
  return body.targets;
}

/** Waits until it holds, at most `withinMs`. */
export async function until(holds: () => boolean | Promise<boolean>, withinMs: number, what: string): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
