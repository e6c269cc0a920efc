/** Who may do what to the node that a path names. */
import type { NodeObject } from "../durable/node.ts";
import { check, fields, id } from "./fields.ts";
import type { HttpContext } from "./http-env.ts";
import { HttpError } from "./http-error.ts";

const path = fields({ id });

/** Throws HttpError FORBIDDEN unless the caller is the node itself or an app node. */
export function selfOrApp(c: HttpContext): void {
  const { app, nodeId } = c.get("caller");
  if (!app && nodeId !== c.req.param("id")) throw new HttpError("FORBIDDEN", "only the node itself and app nodes may");
}

/** Throws HttpError FORBIDDEN unless the caller is an app node. */
export function appOnly(c: HttpContext): void {
  if (!c.get("caller").app) throw new HttpError("FORBIDDEN", "only an app node may");
}

/** The object of the node that the path names. Throws HttpError BAD_REQUEST where that is no node id. */
export function nodeOf(c: HttpContext): DurableObjectStub<NodeObject> {
  return c.env.NODE.getByName(check(path, c.req.param()).id);
}
