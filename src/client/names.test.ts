import { describe, expect, expectTypeOf, it } from "vitest";
import { type Camel, toCamel, toSnake } from "./names.ts";

describe("names", () => {
  it("of the wire become those of TypeScript, all the way down", () => {
    const wire = { task_id: "a_b", next: [{ is_done: true, sha256: "x_y" }], none_here: null };
    const ours = toCamel(wire);
    expect(ours).toEqual({
      ...{ taskId: "a_b", next: [{ isDone: true, sha256: "x_y" }], noneHere: null },
    });
    expectTypeOf(ours.next[0]!.isDone).toEqualTypeOf<boolean>();
  });

  it("stay as they are below what is somebody else's", () => {
    const report = { some_key: { "Frase_uno dos": 1 } };
    expect(toCamel({ video_url: null, report })).toEqual({ videoUrl: null, report });
  });

  it("stay optional where they were", () => {
    expectTypeOf<Camel<{ error_code?: string; by: { [name: string]: number } }>>().toEqualTypeOf<{
      readonly errorCode?: string;
      readonly by: { readonly [name: string]: number };
    }>();
  });

  it("of requests become those of the wire; what is not set is not sent", () => {
    expect(toSnake({ voiceId: "aB", promptText: undefined, to: "es", speed: 1 })).toEqual({
      ...{ voice_id: "aB", to: "es", speed: 1 },
    });
  });
});
