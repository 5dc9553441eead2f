import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readServerEvents } from "./server-events.ts";

async function read(text: string, cuts: readonly number[] = []) {
  const bytes = new TextEncoder().encode(text);
  const at = [0, ...cuts.map((cut) => cut % bytes.length).toSorted((a, b) => a - b), bytes.length];
  const pieces = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
  return await Array.fromAsync(
    readServerEvents(
      (async function* () {
        yield* pieces;
      })(),
    ),
  );
}

describe("server-sent events", () => {
  it("have a type, data of several lines, and the last id", async () => {
    const text = "id: 7\nevent: status\ndata: one\ndata: two\n\n: still here\n\ndata:three\n\n";
    expect(await read(text)).toEqual([
      { type: "status", data: "one\ntwo", id: "7" },
      { type: "message", data: "three", id: "7" },
    ]);
  });

  it("are none when they are cut, or without data", async () => {
    expect(await read("event: status\nid: 1\n\ndata: {")).toEqual([]);
    expect(await read("data: whole\n")).toEqual([]);
  });

  it("are the same wherever the bytes are cut and however lines end", async () => {
    const lines = ["id: 1", "event: status", "data: {«ü»: 😀}", "data: 2", "", "data: end", ""];
    const expected = [
      { type: "status", data: "{«ü»: 😀}\n2", id: "1" },
      { type: "message", data: "end", id: "1" },
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("\n", "\r\n", "\r"),
        fc.array(fc.nat(), { maxLength: 20 }),
        async (end, cuts) => {
          // What follows tells that a final CR is a whole end of line.
          const text = `${lines.map((line) => `${line}${end}`).join("")}: more`;
          expect(await read(text, cuts)).toEqual(expected);
        },
      ),
    );
  });
});
