/** The only way in which the HTTP side refuses a request, and the only place that makes error answers. */
import { ERRORS, type ErrorCode, wireError } from "../protocol/errors.ts";

/** What a client whose request failed for the moment is asked to wait before it tries again. */
const RETRY_AFTER_S = "1";

/** Thrown by middleware and handlers, answered by app.ts. `detail` reaches the peer: no keys, no payloads. */
export class HttpError extends Error {
  override name = "HttpError";
  readonly code: ErrorCode;
  readonly detail?: string;
  readonly headers?: Record<string, string>;

  constructor(code: ErrorCode, detail?: string, headers?: Record<string, string>) {
    super(detail === undefined ? code : `${code}: ${detail}`);
    this.code = code;
    this.detail = detail;
    this.headers = headers;
  }
}

/** `{error: {code, message, temporary}}` with the status of the code and the headers that it calls for (RFC 9110). */
export function errorResponse(code: ErrorCode, detail?: string, headers?: Record<string, string>): Response {
  const status = ERRORS[code].http;
  return Response.json(
    { error: wireError(code, detail) },
    {
      status,
      headers: {
        ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
        ...(status === 429 || status === 503 ? { "retry-after": RETRY_AFTER_S } : {}),
        ...headers,
      },
    },
  );
}
