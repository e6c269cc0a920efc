import { expect, test } from "vitest";
import { snakeCase } from "../../../src/cli/output/snake-case.ts";

test("names all the way down, values untouched", () => {
  expect(snakeCase({ sessionId: "aB", members: [{ joinedAt: 1, me: null }], isGame: false })).toEqual({
    session_id: "aB",
    members: [{ joined_at: 1, me: null }],
    is_game: false,
  });
});
