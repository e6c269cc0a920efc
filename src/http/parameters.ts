/**
 * Reads the parameters of a request, wherever they stand: query, form (urlencoded or multipart) or a
 * JSON object. The body wins over the query, the last of several values over the earlier ones, as
 * in the original.
 */
import { isObject } from "../protocol/json-object.ts";
import { LIMITS } from "../protocol/limits.ts";
import { decodeUtf8 } from "./auth/utf8.ts";
import { HttpError } from "./http-error.ts";

/** Text from query and forms, any JSON value from a JSON body. Without prototype, so that no name is special. */
export type Parameters = Record<string, unknown>;

/**
 * One whole message for push_message, and room for what JSON's escapes add and for the 1,000 targets
 * beside it.
 */
export const MAX_BODY_BYTES = LIMITS.maxFrameBytes + 256 * 1024;

export interface ReadParameters {
  params: Parameters;
  /** The text of a JSON body, for what must be passed on to the digit. */
  json?: string;
}

/** Throws HttpError: TOO_LARGE past MAX_BODY_BYTES, BAD_REQUEST where the body is not what its content-type says. */
export async function readParameters(request: Request): Promise<ReadParameters> {
  const params: Parameters = Object.create(null);
  for (const [name, value] of new URL(request.url).searchParams) params[name] = value;
  if (request.body === null) return { params };

  const body = await readBody(request.body);
  if (body.byteLength === 0) return { params };
  const contentType = request.headers.get("content-type") ?? "";
  switch (contentType.split(";", 1)[0]?.trim().toLowerCase()) {
    case "application/json": {
      const json = decodeText(body);
      for (const [name, value] of Object.entries(parseJsonObject(json))) params[name] = value;
      return { params, json };
    }
    case "application/x-www-form-urlencoded":
      for (const [name, value] of new URLSearchParams(decodeText(body))) params[name] = value;
      return { params };
    case "multipart/form-data":
      for (const [name, value] of await parseMultipart(body, contentType)) {
        if (typeof value !== "string") throw new HttpError("BAD_REQUEST", "a form field is a file: send its text");
        params[name] = value;
      }
      return { params };
    default:
      throw new HttpError(
        "BAD_REQUEST",
        "content-type: send application/json, application/x-www-form-urlencoded or multipart/form-data",
      );
  }
}

/** Counts what arrives: Content-Length may be missing or wrong. */
async function readBody(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) throw new HttpError("TOO_LARGE", `a request body has at most ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  if (chunks.length === 1) return chunks[0]!;
  const body = new Uint8Array(bytes);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return body;
}

function decodeText(body: Uint8Array): string {
  const text = decodeUtf8(body);
  if (text === null) throw new HttpError("BAD_REQUEST", "the body is not UTF-8");
  return text;
}

function parseJsonObject(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new HttpError("BAD_REQUEST", "the body is not JSON");
  }
  if (!isObject(value)) throw new HttpError("BAD_REQUEST", "the body is not a JSON object");
  return value;
}

async function parseMultipart(body: Uint8Array, contentType: string): Promise<FormData> {
  try {
    return await new Response(body, { headers: { "content-type": contentType } }).formData();
  } catch {
    throw new HttpError("BAD_REQUEST", "the body is not multipart/form-data with the boundary of its content-type");
  }
}
