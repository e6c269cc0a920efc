/** A call that needs an access token: with the known one, and where the service refuses that, once more with another. */
import { CALL_LIMIT_MS } from "./provider.ts";
import type { CallResult } from "./call.ts";
import type { TokenFailure, TokenSource } from "./token-source.ts";

export type Answer = Extract<CallResult, { status: number }>;

export type AuthorizedResult =
  /** `refused`: it answered that the token is no good, and that is so with the newest that may be made. */
  | { answer: Answer; refused: false }
  /** `fresh`: the refused one had been made for this very call. */
  | { answer: Answer; refused: true; fresh: boolean }
  | TokenFailure;

/** Takes at most CALL_LIMIT_MS in all; `call` gets what is left of it, ms. Never rejects where `call` does not. */
export async function callAuthorized(
  tokens: TokenSource,
  call: (token: string, limitMs: number) => Promise<CallResult>,
  isRefusal: (answer: Answer) => boolean,
  limitMs = CALL_LIMIT_MS,
): Promise<AuthorizedResult> {
  const endsAt = Date.now() + limitMs;
  let refused: { token: string; answer: Answer } | undefined;
  for (;;) {
    const token = await within(endsAt - Date.now(), tokens.token(refused?.token));
    if (token === undefined) return { failure: "no access token in time", temporary: true };
    if ("failure" in token) return token;
    if (token.token === refused?.token) return { answer: refused.answer, refused: true, fresh: false };

    const answer = await call(token.token, Math.max(endsAt - Date.now(), 1));
    if ("failure" in answer) return { ...answer, temporary: true };
    if (!isRefusal(answer)) return { answer, refused: false };
    if (refused !== undefined) return { answer, refused: true, fresh: true };
    refused = { token: token.token, answer };
  }
}

/** Undefined where it takes longer than `ms`. */
function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.max(ms, 0));
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
