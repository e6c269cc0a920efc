/**
 * One HTTP call of a push service, within a time and with an answer of bounded size. Never rejects, follows no
 * redirect and does not try again.
 */

/** What answered; or what kept it from answering, in words that hold neither URL nor body. */
export type CallResult = { status: number; headers: Headers; text: string } | { failure: string };

/** What the calls need of `fetch`. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface CallInit {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
}

/** Largest part of an answer that is read, bytes: the services answer in a few hundred. The rest is cut off. */
export const MAX_ANSWER_BYTES = 16 * 1024;

// Not `fetch` itself: Workers refuse it as another object's method.
const globalFetch: Fetch = (url, init) => fetch(url, init);

/**
 * Calls `url` (POST unless `init` says otherwise) and reads the answer, both within `limitMs`. A redirect is an answer
 * as any other: what is sent is meant for this address only.
 */
export async function callService(
  url: string,
  init: CallInit,
  limitMs: number,
  fetcher: Fetch = globalFetch,
): Promise<CallResult> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), limitMs);
  try {
    const response = await fetcher(url, { method: "POST", ...init, redirect: "manual", signal: abort.signal });
    return { status: response.status, headers: response.headers, text: await readStart(response) };
  } catch {
    return { failure: abort.signal.aborted ? `no answer within ${limitMs} ms` : "the connection failed" };
  } finally {
    clearTimeout(timer);
  }
}

/** The body as text, as far as MAX_ANSWER_BYTES. */
async function readStart(response: Response): Promise<string> {
  if (response.body === null) return "";
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let left = MAX_ANSWER_BYTES;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    const chunk = (value as Uint8Array<ArrayBuffer>).subarray(0, left);
    text += decoder.decode(chunk, { stream: true });
    left -= chunk.byteLength;
    if (left === 0) {
      // Not awaited: it may fail, or hang as long as the service does.
      void reader.cancel().catch(() => undefined);
      return text;
    }
  }
}
