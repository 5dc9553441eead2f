import { describe, expect, it } from "vitest";
import { isSpeakable, speakableText } from "./speakable-text.ts";

describe("isSpeakable", () => {
  it.each(["a", "7", "٣", "字", "—¿Sí?", "♪ la la ♪"])("finds something to say in %j", (text) => {
    expect(isSpeakable(text)).toBe(true);
  });
  it.each(["", " ", "...", "♪", "😂", "- -", "\u200b", "€"])(
    "finds nothing to say in %j",
    (text) => {
      expect(isSpeakable(text)).toBe(false);
    },
  );
});

describe("speakableText", () => {
  it("replaces what an engine could take for a command, and keeps what spells words", () => {
    expect(speakableText("a\u0000b\u001b[1mc\r\nd\ufeff ", 100)).toBe("a b [1mc d");
    expect(speakableText("x \ud800 y", 100)).toBe("x   y");
    expect(speakableText("می\u200cخواهم 👍 <b>&", 100)).toBe("می\u200cخواهم 👍 <b>&");
  });

  it("refuses a text that is too long, naming both lengths", () => {
    expect(speakableText("abcde", 5)).toBe("abcde");
    expect(() => speakableText("abcdef", 5)).toThrow(/6 characters.*at most 5/);
  });
});
