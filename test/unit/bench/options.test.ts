import { describe, expect, test } from "vitest";
import { readOptions } from "../../../bench/options.ts";
import { WrongUsage } from "../../../tools/command-line.ts";

const read = (...args: string[]) => readOptions(args, {});

test("has defaults, and takes what is given instead", () => {
  expect(read()).toEqual({ messages: 50_000, rounds: 5, nodes: 100, windows: [1, 5, 20, 50] });
  expect(read("--messages", "7", "--rounds=1", "--nodes", "2", "--windows", "3, 4")).toEqual({
    messages: 7,
    rounds: 1,
    nodes: 2,
    windows: [3, 4],
  });
  expect(read("--help")).toBe("help");
});

describe("refuses before anything is started", () => {
  test.each([
    [["--nodes", "1"], "--nodes must be at least 2"],
    [["--nodes", "0"], "--nodes must be a whole number above 0, not 0"],
    [["--rounds", ""], "--rounds must be a whole number above 0, not empty"],
    [["--rounds", "1e3"], "--rounds must be a whole number above 0, not 1e3"],
    [["--messages", "many"], "--messages must be a whole number above 0, not many"],
    [["--windows", "1,,5"], "--windows must be a whole number above 0, not empty"],
    [["--windows", "65536"], "--windows takes numbers up to 65535, not 65536"],
    [["--nonsense"], "Unknown option '--nonsense'"],
    [["5"], "Unexpected argument '5'"],
  ])("%j", (args, message) => {
    expect(() => read(...args)).toThrow(WrongUsage);
    expect(() => read(...args)).toThrow(message);
  });
});
