/**
 * Stands in for Cloudflare's static assets under `npm run serve`: serves the files of the disk service FILES with their
 * content types and the headers of `_headers` (of which only a block for `/*` is understood).
 */
const CONTENT_TYPES = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  ico: "image/x-icon",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  png: "image/png",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
  webmanifest: "application/manifest+json",
};

let extraHeaders;

export default {
  async fetch(request, env) {
    if (request.method !== "GET" && request.method !== "HEAD") {
      return new Response(null, { status: 405, headers: { allow: "GET, HEAD" } });
    }
    const url = new URL(request.url);
    if (url.pathname === "/index.html") {
      return new Response(null, { status: 307, headers: { location: `/${url.search}` } });
    }
    const path = url.pathname === "/" ? "/index.html" : url.pathname;
    const file = await env.FILES.fetch(new URL(path, "http://files"), { method: request.method });
    // A directory answers with a JSON listing; every file is octets to the disk service.
    const isFile = file.ok && file.headers.get("content-type") === "application/octet-stream";
    if (!isFile || path === "/_headers") {
      await file.body?.cancel();
      return new Response("not found\n", { status: 404, headers: { "content-type": "text/plain; charset=utf-8" } });
    }
    extraHeaders ??= await readHeaders(env.FILES);
    const headers = new Headers(extraHeaders);
    headers.set("content-type", CONTENT_TYPES[path.slice(path.lastIndexOf(".") + 1)] ?? "application/octet-stream");
    headers.set("cache-control", "public, max-age=0, must-revalidate");
    return new Response(file.body, { headers });
  },
};

async function readHeaders(files) {
  const answer = await files.fetch("http://files/_headers");
  const lines = answer.ok ? (await answer.text()).split("\n") : [];
  const start = lines.indexOf("/*") + 1;
  const found = [];
  for (let at = start; start > 0 && /^\s+\S/.test(lines[at] ?? ""); at++) {
    const [, name, value] = /^\s+([^:\s]+):\s*(.*)$/.exec(lines[at]) ?? [];
    if (name) found.push([name, value]);
  }
  return found;
}
