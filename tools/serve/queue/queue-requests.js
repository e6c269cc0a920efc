/**
 * What a queue binding of workerd asks of the service behind it: POST /message with the body as it is, POST /batch with bodies as base64
 * in JSON, GET /metrics. Reads, checks and answers; keeps nothing.
 */

/** https://developers.cloudflare.com/queues/platform/limits/, where a KB has 1,000 bytes. */
const MAX_MESSAGE_BYTES = 128_000;
const MAX_BATCH_BYTES = 256_000;
const MAX_BATCH_MESSAGES = 100;
const MAX_DELAY_SECONDS = 86_400;
const CONTENT_TYPES = new Set(["json", "text", "bytes"]);

/** A request that is refused, with the status that the binding shows. */
export class QueueRequestError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * The messages of a POST, each `{ contentType, delaySeconds, body }`; one without a delay gets that of its batch, else the standard one.
 */
export async function readMessages(request, standardDelaySeconds) {
  const { pathname } = new URL(request.url);
  const delayOfAll = delayOf(request.headers.get("x-msg-delay-secs") ?? standardDelaySeconds);
  if (pathname === "/message") {
    const body = await request.arrayBuffer();
    return [checked(request.headers.get("x-msg-fmt"), delayOfAll, body)];
  }
  if (pathname !== "/batch") throw new QueueRequestError(404, `a queue does not know ${pathname}`);
  const { messages } = await request.json();
  if (messages.length > MAX_BATCH_MESSAGES) {
    throw new QueueRequestError(413, `a batch may hold ${MAX_BATCH_MESSAGES} messages, not ${messages.length}`);
  }
  const read = messages.map(({ contentType, delaySecs, body }) =>
    checked(contentType, delaySecs === undefined ? delayOfAll : delayOf(delaySecs), Uint8Array.fromBase64(body).buffer),
  );
  const bytes = read.reduce((sum, { body }) => sum + body.byteLength, 0);
  if (bytes > MAX_BATCH_BYTES) {
    throw new QueueRequestError(413, `a batch may hold ${MAX_BATCH_BYTES} bytes, not ${bytes}`);
  }
  return read;
}

function checked(contentType, delaySeconds, body) {
  // Nothing in a worker reads what V8 has serialised, and the default has been json since compatibility date 2024-03-18.
  if (!CONTENT_TYPES.has(contentType)) {
    throw new QueueRequestError(
      415,
      `under npm run serve a message is json, text or bytes, not ${contentType ?? "v8"}`,
    );
  }
  if (body.byteLength > MAX_MESSAGE_BYTES) {
    throw new QueueRequestError(413, `a message may have ${MAX_MESSAGE_BYTES} bytes, not ${body.byteLength}`);
  }
  return { contentType, delaySeconds, body };
}

function delayOf(value) {
  const seconds = Number(value);
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= MAX_DELAY_SECONDS) return seconds;
  throw new QueueRequestError(400, `delaySeconds must be a whole number from 0 to ${MAX_DELAY_SECONDS}`);
}
