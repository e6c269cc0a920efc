import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import { refuseTakenPort } from "../../../tools/serve/free-port.ts";

test("a port that another listens on is refused by name, until it is free", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  await expect(refuseTakenPort("127.0.0.1", port)).rejects.toThrow(
    `port ${port} of 127.0.0.1 is in use: stop what listens there, or give another one with --port`,
  );
  other.close();
  await once(other, "close");
  await expect(refuseTakenPort("127.0.0.1", port)).resolves.toBeUndefined();
});

test("a free one is there for the asking", async () => {
  await expect(refuseTakenPort("127.0.0.1", 0)).resolves.toBeUndefined();
});

test("an address of another machine is refused as the host", async () => {
  // 192.0.2.0/24 is for documentation (RFC 5737).
  await expect(refuseTakenPort("192.0.2.1", 0)).rejects.toThrow("--host 192.0.2.1 is not an address of this machine");
});
