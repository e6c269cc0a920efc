/** What one connection may send, at and past each bound. */
import { expect, test } from "vitest";
import { ConnectionMeter } from "../../../src/domain/connection-meter.ts";
import { LIMITS } from "../../../src/protocol/limits.ts";

const T = 1_700_000_000_000;
const RATE = { messagesPerSecond: LIMITS.messagesPerSecond, bytesPerSecond: LIMITS.bytesPerSecond };
const BURST = LIMITS.messagesPerSecond * LIMITS.burstFactor;
const PACED = (LIMITS.messagesPerSecond * LIMITS.maxPacedMs) / 1_000;

function admitMany(meter: ConnectionMeter, count: number, bytes: number, now: number): number[] {
  return Array.from({ length: count }, () => meter.admit(bytes, now));
}

test("a burst passes at once, as much again is paced, the rest is refused", () => {
  const meter = new ConnectionMeter(RATE, T);
  expect(BURST).toBe(400);
  expect(new Set(admitMany(meter, BURST, 1, T))).toEqual(new Set([0]));
  const paced = admitMany(meter, PACED, 1, T);
  expect(paced[0]).toBeCloseTo(1_000 / LIMITS.messagesPerSecond);
  expect(paced.at(-1)).toBeCloseTo(LIMITS.maxPacedMs);
  expect(paced).toEqual(paced.toSorted((a, b) => a - b));
  expect(meter.admit(1, T)).toBe(Infinity);
});

test("the steady rate passes for ever", () => {
  const meter = new ConnectionMeter(RATE, T);
  const bytes = LIMITS.bytesPerSecond / LIMITS.messagesPerSecond;
  for (let i = 1; i <= 20_000; i++) expect(meter.admit(bytes, T + i * 5)).toBe(0);
});

test("bytes are metered as messages are", () => {
  const meter = new ConnectionMeter(RATE, T);
  expect(meter.admit(LIMITS.bytesPerSecond * LIMITS.burstFactor, T)).toBe(0);
  expect(meter.admit(LIMITS.bytesPerSecond, T)).toBeCloseTo(1_000);
  expect(meter.admit(LIMITS.bytesPerSecond, T)).toBeCloseTo(LIMITS.maxPacedMs);
  expect(meter.admit(1, T)).toBe(Infinity);
  expect(meter.admit(1, T + 1)).toBeCloseTo(LIMITS.maxPacedMs - 1, 1);
});

test("the largest message fits into a connection that has been quiet", () => {
  const meter = new ConnectionMeter(RATE, T);
  expect(meter.admit(LIMITS.maxMessageBytes, T)).toBe(0);
});

test("acks and control messages use up the rate, but are never delayed", () => {
  const meter = new ConnectionMeter(RATE, T);
  for (let i = 0; i < BURST; i++) meter.charge(T);
  expect(meter.admit(1, T)).toBeCloseTo(1_000 / LIMITS.messagesPerSecond);
});

test("what is refused for its messages costs no bytes, and the other way round", () => {
  const meter = new ConnectionMeter(RATE, T);
  admitMany(meter, BURST + PACED, 1, T);
  expect(admitMany(meter, 100, 100_000, T)).toEqual(Array.from({ length: 100 }, () => Infinity));
  // A second and more later messages are to be had again, and the bytes of those refused are still there.
  expect(meter.admit(LIMITS.bytesPerSecond, T + 2_000)).toBeLessThan(5.1);
  const other = new ConnectionMeter(RATE, T);
  other.admit(LIMITS.bytesPerSecond * (LIMITS.burstFactor + LIMITS.maxPacedMs / 1_000), T);
  admitMany(other, 1_000, 1, T);
  expect(other.admit(1, T + LIMITS.maxPacedMs + 1)).toBe(0);
});

test("2,000 refusals within ten seconds are borne, one more is an overrun", () => {
  const meter = new ConnectionMeter(RATE, T);
  admitMany(meter, BURST + PACED, 1, T);
  admitMany(meter, LIMITS.maxRateViolations, 1, T);
  expect(meter.overrun).toBe(false);
  meter.admit(1, T);
  expect(meter.overrun).toBe(true);
});

test("refusals of longer ago are forgiven", () => {
  const meter = new ConnectionMeter(RATE, T);
  admitMany(meter, BURST + PACED + LIMITS.maxRateViolations, 1, T);
  const later = T + 10_001;
  admitMany(meter, BURST + PACED + LIMITS.maxRateViolations, 1, later);
  expect(meter.overrun).toBe(false);
  meter.admit(1, later);
  expect(meter.overrun).toBe(true);
});

test("control messages past the rate count as refusals", () => {
  const meter = new ConnectionMeter(RATE, T);
  for (let i = 0; i < BURST + PACED + LIMITS.maxRateViolations; i++) meter.charge(T);
  expect(meter.overrun).toBe(false);
  meter.charge(T);
  expect(meter.overrun).toBe(true);
});

test("control messages past the rate with hours in between are no overrun", () => {
  const meter = new ConnectionMeter(RATE, T);
  const flood = BURST + PACED + 1_500;
  for (let hour = 0; hour < 3; hour++) {
    for (let i = 0; i < flood; i++) meter.charge(T + hour * 3_600_000);
  }
  expect(meter.overrun).toBe(false);
});

test("50 protocol errors within a minute are borne, the 51st is too many", () => {
  const meter = new ConnectionMeter(RATE, T);
  for (let i = 0; i < LIMITS.maxProtocolErrors; i++) expect(meter.countError(T + i * 1_000)).toBe(false);
  expect(meter.countError(T + 59_000)).toBe(true);
});

test("errors of more than a minute ago are forgiven", () => {
  const meter = new ConnectionMeter(RATE, T);
  for (let i = 0; i < LIMITS.maxProtocolErrors; i++) expect(meter.countError(T)).toBe(false);
  expect(meter.countError(T + 60_001)).toBe(false);
});
