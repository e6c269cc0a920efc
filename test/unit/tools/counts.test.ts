import { describe, expect, test } from "vitest";
import { addCounts, countReport, summary } from "../../../tools/test/counts.ts";

const report = (counts: object, files: { status: string; tests: string[] }[] = []): string =>
  JSON.stringify({
    numPassedTests: 0,
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    ...counts,
    testResults: files.map(({ status, tests }) => ({ status, assertionResults: tests.map((t) => ({ status: t })) })),
  });

describe("countReport", () => {
  test("takes the counts of tests, todo as skipped", () => {
    const text = report({ numPassedTests: 5, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1 }, [
      { status: "failed", tests: ["passed", "failed"] },
    ]);
    expect(countReport(text, false)).toEqual({ passed: 5, failed: 1, skipped: 3 });
  });

  test("counts a file that cannot be loaded as a failure beside the others", () => {
    const text = report({ numPassedTests: 1, numFailedTests: 1 }, [
      { status: "failed", tests: [] },
      { status: "failed", tests: ["failed"] },
      { status: "passed", tests: ["passed"] },
    ]);
    expect(countReport(text, false)).toEqual({ passed: 1, failed: 2, skipped: 0 });
  });

  test("counts an error outside of any test, which only the exit code tells", () => {
    expect(countReport(report({ numPassedTests: 4 }), false)).toEqual({ passed: 4, failed: 1, skipped: 0 });
    expect(countReport(report({ numPassedTests: 4 }), true)).toEqual({ passed: 4, failed: 0, skipped: 0 });
  });

  test("counts a runner that left no report as a failure", () => {
    expect(countReport(undefined, true)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });
});

test("summary names what was skipped only where something was", () => {
  const total = addCounts({ passed: 2, failed: 0, skipped: 0 }, { passed: 3, failed: 1, skipped: 0 });
  expect(summary(total)).toBe("5 passed, 1 failed");
  expect(summary({ ...total, skipped: 2 })).toBe("5 passed, 1 failed, 2 skipped");
});
