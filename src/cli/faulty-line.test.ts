import { expect, it } from "vitest";
import { findFaultyLine } from "./faulty-line.ts";

const fault = (text: string) => findFaultyLine(new TextEncoder().encode(text));
const good =
  "1\n00:00:01,000 --> 00:00:02,000\nHola.\n\n2\n00:00:03,000 --> 00:00:04,000\nAdiós.\n";

it("finds nothing in a file that can be read, whatever its texts say", () => {
  expect(fault(good)).toBeUndefined();
  expect(fault(good.replaceAll("\n", "\r\n"))).toBeUndefined();
  expect(fault(good.replace("Hola.", "From 10:30 to 11:45 -> room 3"))).toBeUndefined();
  expect(fault(`\ufeff${good}`)).toBeUndefined();
});

it.each([
  ["an arrow that lost a dash", "00:00:03,000 -x> 00:00:04,000", "cannot be read as times"],
  ["no arrow at all", "00:00:03,000 00:00:04,000", "cannot be read as times"],
  ["a letter for a digit", "00:00:0E,000 --> nothing", "cannot be read as times"],
  ["a time that was left out", "00:00:03,000 -->", "lacks a time"],
  ["times the wrong way round", "00:00:04,000 --> 00:00:03,000", "ends before it starts"],
  ["no length", "00:00:03,000 --> 00:00:03,000", "ends before it starts"],
])("finds %s, with its line", (_what, times, problem) => {
  const found = fault(good.replace("00:00:03,000 --> 00:00:04,000", times));
  expect(found).toEqual({ line: 6, problem: expect.stringContaining(problem) });
});
