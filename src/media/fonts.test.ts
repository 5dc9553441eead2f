import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { needs } from "../../test/support/needs.ts";
import { findFont } from "./fonts.ts";

const noFont = (() => {
  const reason = "this needs fc-list (fontconfig) and a font for Russian";
  try {
    return execFileSync("fc-list", [":lang=ru", "family"]).length > 0 ? undefined : reason;
  } catch {
    return reason;
  }
})();

describe("findFont", needs(noFont), () => {
  it("finds a font for a script that is installed", async () => {
    expect(await findFont({ text: "Hello, ¿qué tal? Привет!" })).toEqual(expect.any(String));
  });

  it("names characters that no font has, with what to install", async () => {
    // A private-use-like corner of Unicode no common font covers: Cypro-Minoan.
    const text = "Hola \u{12F90}\u{12F91}";
    await expect(findFont({ text })).rejects.toMatchObject({
      code: "missing_font",
      message: expect.stringContaining("\u{12F90}"),
      hint: expect.stringMatching(/Noto|noto/),
    });
  });

  it("ignores emoji, line breaks and empty text", async () => {
    expect(await findFont({ text: "" })).toBeUndefined();
    expect(await findFont({ text: "Hola 🎉\n\t♪" })).toEqual(expect.any(String));
  });

  it("takes the wanted font where it exists and refuses a name that does not", async () => {
    const any = (await findFont({ text: "abc" })) as string;
    expect(await findFont({ text: "abc", family: any.toUpperCase() })).toBe(any);
    await expect(findFont({ text: "abc", family: "No Such Font, 12:3-4" })).rejects.toMatchObject({
      code: "missing_font",
      hint: expect.any(String),
    });
  });
});
