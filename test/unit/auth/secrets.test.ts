import { expect, test } from "vitest";
import { checkSecrets } from "../../../src/domain/auth/secrets.ts";

test("16 characters are enough, 15 are not, and the text names the place and not the secret", () => {
  expect(checkSecrets(["x".repeat(16)])).toBeNull();
  expect(checkSecrets(["x".repeat(16), "y".repeat(15)])).toBe("secret 2 of 2 is shorter than 16 characters");
  expect(checkSecrets([""])).toBe("secret 1 of 1 is shorter than 16 characters");
  expect(checkSecrets([])).toBe("at least one secret is needed");
});
