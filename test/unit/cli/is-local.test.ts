import { expect, test } from "vitest";
import { isLocal } from "../../../src/cli/doctor/address-checks.ts";

test.each([
  "localhost",
  "127.0.0.1",
  "[::1]",
  "10.1.2.3",
  "192.168.0.9",
  "172.16.0.1",
  "172.31.9.9",
  "pi.local",
  "edge",
  "[fd00::1]",
])("%s is near", (host) => expect(isLocal(host)).toBe(true));

test.each(["example.com", "8.8.8.8", "172.32.0.1", "10.example.com.evil.org", "[2001:db8::1]", "127.example.com"])(
  "%s is not",
  (host) => expect(isLocal(host)).toBe(false),
);
