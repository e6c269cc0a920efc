import { describe, expect, test } from "vitest";
import { parseCommandLine, readPort, swallowedByNpm, WrongUsage } from "../../../tools/command-line.ts";

describe("swallowedByNpm", () => {
  test.each([
    ["npm run x --port 9000", ["9000"], { npm_config_port: "true" }, ["port"]],
    ["npm run x --port=0", [], { npm_config_port: "0" }, ["port"]],
    ["npm run x --no-port", [], { npm_config_port: "" }, ["port"]],
    ["npm run x --allow-private", [], { npm_config_allow_private: "true" }, ["allow-private"]],
    ["npm run x --app", [], { npm_config_all: "true", npm_config_parseable: "true" }, ["app"]],
    ["npm run x -- --port 9000", ["--port", "9000"], {}, []],
    ["a variable beside an option that was handed on", ["--port=1"], { npm_config_port: "2" }, []],
    ["npm's own settings", [], { npm_config_all: "true", npm_config_cache: "/c" }, []],
  ])("%s", (_, args, env, swallowed) => {
    expect(swallowedByNpm(["port", "allow-private", "app"], args, env)).toEqual(swallowed);
  });
});

describe("parseCommandLine", () => {
  const config = { options: { port: { type: "string", default: "8787" } } } as const;

  test("says where the -- belongs rather than what is wrong with the rest of such a line", () => {
    const parse = () => parseCommandLine("serve", { ...config, args: ["9000"] }, { npm_config_port: "true" });
    expect(parse).toThrow(
      new WrongUsage('npm took --port for itself: put -- before the options, as in "npm run serve -- --port …"'),
    );
  });

  test("turns what parseArgs throws into WrongUsage", () => {
    expect(() => parseCommandLine("serve", { ...config, args: ["--nope"] }, {})).toThrow(
      new WrongUsage("Unknown option '--nope'"),
    );
    expect(parseCommandLine("serve", { ...config, args: [] }, {}).values.port).toBe("8787");
  });
});

test.each([
  ["0", 0],
  ["8787", 8_787],
  ["65535", 65_535],
])("readPort takes %s", (text, port) => {
  expect(readPort(text)).toBe(port);
});

test.each(["", "65536", "99999", "-1", "80.5", "0x50", "http", " 80"])("readPort refuses %j", (text) => {
  expect(() => readPort(text)).toThrow(WrongUsage);
  expect(() => readPort(text)).toThrow("--port must be a whole number from 0 to 65535");
});
