/** Where this isolate gets the access tokens of push services: from its memory, or the object that keeps them for all. */
import type { Env } from "../env.ts";
import { encodeBase64 } from "../domain/auth/base64.ts";
import { CachedTokens } from "../push/cached-tokens.ts";
import type { TokenCredential, TokenSource } from "../push/token-source.ts";

/** One for each checked configuration, of which an isolate has as many as it has environments: one. */
const sources = new WeakMap<TokenCredential["config"], TokenSource>();

/** Always the same for the same `credential.config`, which is the object that parseConfig answered. */
export function pushTokenSource(env: Pick<Env, "PUSH_TOKEN">, credential: TokenCredential): TokenSource {
  let source = sources.get(credential.config);
  if (source === undefined) {
    source = new CachedTokens(async (refused) => {
      const object = env.PUSH_TOKEN.getByName(await objectName(credential));
      return object.token(credential, refused);
    });
    sources.set(credential.config, source);
  }
  return source;
}

/** The provider and a hash of all that its tokens are made with, which is not where pushes go. */
async function objectName({ provider, config: { baseUrl: _, ...secret } }: TokenCredential): Promise<string> {
  const text = JSON.stringify(Object.entries(secret).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `${provider}:${encodeBase64(new Uint8Array(hash), "base64url")}`;
}
