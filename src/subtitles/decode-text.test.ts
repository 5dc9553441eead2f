import { describe, expect, it } from "vitest";
import { decodeText } from "./decode-text.ts";

/** Russian letters as Windows-1251 has them; other characters must be ASCII. */
function windows1251(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => {
    const code = character.codePointAt(0) as number;
    if (code < 0x80) return code;
    if (character === "ё") return 0xb8;
    if (character === "Ё") return 0xa8;
    return code - 0x410 + 0xc0;
  });
}

function utf16(text: string, isLittle: boolean): Uint8Array {
  const bytes = new Uint8Array(text.length * 2);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < text.length; at++) view.setUint16(at * 2, text.charCodeAt(at), isLittle);
  return bytes;
}

const cue = (text: string) => `1\r\n00:00:01,000 --> 00:00:02,000\r\n${text}\r\n`;

describe("decodeText", () => {
  it.each([
    ["with", "\ufeffПривет, мир"],
    ["without", "Привет, мир"],
  ])("reads UTF-8 %s a byte-order mark", (_, text) => {
    expect(decodeText(new TextEncoder().encode(text))).toEqual({
      text: "Привет, мир",
      encoding: "utf-8",
      warnings: [],
    });
  });

  it.each([
    ["little", "with", true, "\ufeff"],
    ["big", "with", false, "\ufeff"],
    ["little", "without", true, ""],
    ["big", "without", false, ""],
  ])("reads UTF-16, %s end first, %s a byte-order mark", (_, __, isLittle, mark) => {
    for (const text of [cue("Hello"), cue("Привет, как дела?"), cue("今天天气很好")]) {
      const decoded = decodeText(utf16(mark + text, isLittle));
      expect(decoded.text).toBe(text);
      expect(decoded.encoding).toBe(isLittle ? "utf-16le" : "utf-16be");
    }
  });

  it("reads UTF-16 that lost its last byte", () => {
    expect(decodeText(utf16("\ufeffHello", true).slice(0, -1)).text).toBe("Hell");
  });

  it.each(["Привет", "Да.", "Как дела, друг мой?", "Ёлка и ещё одна ёлка", "ЧТО?", "OK, поехали"])(
    "reads Windows-1251 however short it is, and says it guessed: %s",
    (text) => {
      const decoded = decodeText(windows1251(cue(text)));
      expect(decoded.text).toBe(cue(text));
      expect(decoded.encoding).toBe("windows-1251");
      expect(decoded.warnings).toEqual([expect.stringContaining("windows-1251")]);
    },
  );

  it.each(["¿Qué?", "Grüße aus München", "Ça va très bien, merci à vous", "El niño comió piña"])(
    "reads Windows-1252: %s",
    (text) => {
      const decoded = decodeText(Uint8Array.from(cue(text), (one) => one.charCodeAt(0)));
      expect(decoded).toMatchObject({ text: cue(text), encoding: "windows-1252" });
    },
  );

  it("reads the punctuation Windows-1252 has and Latin-1 has not", () => {
    const bytes = Uint8Array.from(cue("It\u0092s \u0093caf\u00e9\u0094"), (one) =>
      one.charCodeAt(0),
    );
    expect(decodeText(bytes).text).toBe(cue("It’s “café”"));
  });

  it("reads Shift_JIS", () => {
    const hello = [0x82, 0xb1, 0x82, 0xf1, 0x82, 0xc9, 0x82, 0xbf, 0x82, 0xcd];
    const goodDay = [
      0x8d, 0xa1, 0x93, 0xfa, 0x82, 0xcd, 0x82, 0xa2, 0x82, 0xa2, 0x93, 0x56, 0x8b, 0x43,
    ];
    const head = new TextEncoder().encode("1\n00:00:01,000 --> 00:00:02,000\n");
    const bytes = Uint8Array.from([
      ...head,
      ...hello,
      0x81,
      0x41,
      ...goodDay,
      0x82,
      0xc5,
      0x82,
      0xb7,
    ]);
    expect(decodeText(bytes)).toMatchObject({ encoding: "shift_jis" });
    expect(decodeText(bytes).text).toContain("こんにちは、今日はいい天気です");
  });

  it("keeps UTF-8 with one damaged character as UTF-8, and says so", () => {
    const sound = new TextEncoder().encode("Привет, как дела у тебя сегодня?");
    const decoded = decodeText(Uint8Array.from([...sound, 0xd0, 0x21]));
    expect(decoded.encoding).toBe("utf-8");
    expect(decoded.text).toBe("Привет, как дела у тебя сегодня?\ufffd!");
    expect(decoded.warnings).toEqual([expect.stringContaining("1 damaged")]);
  });

  it("refuses bytes that are no text, with a hint", () => {
    const bytes = Uint8Array.from({ length: 5000 }, (_, index) => ((index * index) % 251) & 0x9f);
    for (const junk of [new Uint8Array(1000), bytes]) {
      expect(() => decodeText(junk, { name: "talk.mp4" })).toThrow(
        expect.objectContaining({
          code: "invalid_text",
          message: expect.stringContaining("talk.mp4"),
          hint: expect.any(String),
        }),
      );
    }
  });

  it("reads an empty file as empty text", () => {
    expect(decodeText(new Uint8Array())).toEqual({ text: "", encoding: "utf-8", warnings: [] });
  });
});
