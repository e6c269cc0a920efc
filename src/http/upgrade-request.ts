/** Is this a WebSocket handshake (RFC 6455 §4.1)? The runtime itself checks the rest of it. */
export function isUpgrade(request: Request): boolean {
  return request.method === "GET" && request.headers.get("upgrade")?.toLowerCase() === "websocket";
}
