/** Finds the auth_key, verifies it and asks the node itself whether the key was revoked (PROTOCOL §1). */
import type { MiddlewareHandler } from "hono";
import type { Caller } from "../../durable/rpc.ts";
import { verifyAuthKey } from "../auth/auth-key.ts";
import type { HttpContext, HttpEnv } from "../http-env.ts";
import { HttpError } from "../http-error.ts";
import { authKeyOf, readOffer } from "../subprotocols.ts";

/** Runs after `parameters`. Throws HttpError AUTH_…, or UNAVAILABLE where the keys of the issuer cannot be had. */
export const authenticated: MiddlewareHandler<HttpEnv> = async (c, next) => {
  await authenticate(c);
  await next();
};

/** The same for handlers that need no key in some cases. */
export async function authenticate(c: HttpContext): Promise<void> {
  const caller = await identify(c);
  const admission = await c.env.NODE.getByName(caller.nodeId).admit(caller);
  if (!admission.ok) throw new HttpError(admission.code);
}

/** Who calls, without asking the node: for upgrades, which its object refuses by itself after a revocation. */
export async function identify(c: HttpContext): Promise<Caller> {
  const verdict = await verifyAuthKey(findAuthKey(c), c.get("config").auth, Date.now());
  if (!verdict.ok) throw new HttpError(verdict.code);
  c.set("caller", verdict.caller);
  return verdict.caller;
}

/** The first carrier that is there counts, even if its key is bad: trying others would hide mistakes. */
function findAuthKey(c: HttpContext): string {
  const [, bearer] = /^Bearer +(\S+)$/i.exec(c.req.header("authorization")?.trim() ?? "") ?? [];
  if (bearer !== undefined) return bearer;

  const { auth_key: parameter } = c.get("params");
  if (typeof parameter === "string" && parameter !== "") return parameter;

  const { auth } = readOffer(c.req.header("sec-websocket-protocol") ?? null);
  if (auth === undefined) throw new HttpError("AUTH_REQUIRED");
  const key = authKeyOf(auth);
  if (key === null) throw new HttpError("AUTH_INVALID", "auth.… is not base64url");
  return key;
}
