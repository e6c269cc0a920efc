/** How single settings are read: their form is checked, and what is wrong is collected, by name and never with its value. */

/** Settings as they come: variables and secrets are text; wrangler.toml may also make them numbers or booleans. */
export type Setting = string | number | boolean;

/** After a problem, what is answered is not to be used. */
export interface SettingReader<Name extends string> {
  /** Trimmed; undefined where it is not set, or empty. */
  text(this: void, name: Name): string | undefined;
  /** False where it is not set. */
  flag(this: void, name: Name): boolean;
  /** A whole number, `least` (1) or above. */
  count(this: void, name: Name, standard: number, least?: 0 | 1): number;
  /** The URL as it is normally written. */
  url(this: void, name: Name, allowed: (url: URL) => boolean, requirement: string): string | undefined;
  must(this: void, name: Name, requirement: string): void;
  problem(this: void, problem: string): void;
}

const BOOLEANS = new Map([
  ["true", true],
  ["1", true],
  ["false", false],
  ["0", false],
]);

export function settingReader<Name extends string>(
  settings: Partial<Record<Name, Setting>>,
): SettingReader<Name> & { problems: string[] } {
  const problems: string[] = [];
  const text = (name: Name) => String(settings[name] ?? "").trim() || undefined;
  const must = (name: Name, requirement: string) => void problems.push(`${name} must be ${requirement}`);
  return {
    problems,
    text,
    must,
    problem: (problem) => void problems.push(problem),
    flag(name) {
      const value = BOOLEANS.get(text(name) ?? "false");
      if (value === undefined) must(name, "true or false (or 1 or 0)");
      return value ?? false;
    },
    count(name, standard, least = 1) {
      const value = text(name) ?? String(standard);
      const isCount = /^(0|[1-9]\d{0,14})$/.test(value) && Number(value) >= least;
      if (!isCount) must(name, least === 0 ? "a whole number, 0 or above" : "a whole number above 0");
      return Number(value);
    },
    url(name, allowed, requirement) {
      const value = text(name);
      if (value === undefined) return undefined;
      const parsed = URL.parse(value);
      if (parsed === null || !allowed(parsed)) must(name, requirement);
      return parsed?.href;
    },
  };
}
