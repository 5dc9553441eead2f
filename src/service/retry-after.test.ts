import { describe, expect, it } from "vitest";
import { readRetryAfter } from "./retry-after.ts";

const now = Date.parse("2026-01-01T00:00:00Z");
const read = (headers: Record<string, string>) => readRetryAfter((name) => headers[name], now);

describe("readRetryAfter", () => {
  it.each([
    ["0", 0],
    ["12", 12_000],
    [" 0.5 ", 500],
    ["Thu, 01 Jan 2026 00:00:30 GMT", 30_000],
    ["Wed, 31 Dec 2025 23:00:00 GMT", 0],
    ["86400", 86_400_000],
  ])("reads %j as %s ms", (value, ms) => {
    expect(read({ "retry-after": value })).toBe(ms);
  });

  it.each(["", "soon", "1 s", "NaN", "Infinity"])("makes nothing of %j", (value) => {
    expect(read({ "retry-after": value })).toBeUndefined();
  });

  it("believes milliseconds before seconds", () => {
    expect(read({ "retry-after": "9", "retry-after-ms": "125" })).toBe(125);
    expect(read({ "retry-after": "9", "retry-after-ms": "soon" })).toBe(9000);
    expect(read({})).toBeUndefined();
  });
});
