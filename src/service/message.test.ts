import { describe, expect, it } from "vitest";
import { shownMessage } from "./message.ts";

describe("shownMessage", () => {
  it.each([
    ["Incorrect API key provided: sk-ab***wxyz. You can find it.", /sk-|wxyz/],
    ["Incorrect API key provided: short. Get one.", /short/],
    ["Authorization: Bearer abc.def was refused", /abc/],
    ["bad token_abcdefgh", /abcdefgh/],
    ["key sk_0123456789abcdef", /0123/],
    ["value 0123456789abcdef0123456789abcdef is unknown", /0123/],
  ])("hides what looks like a key in %j", (text, secret) => {
    expect(shownMessage(text)).toContain("(removed)");
    expect(shownMessage(text)).not.toMatch(secret);
  });

  it("hides the key in use, whatever it looks like, also where it is cut off", () => {
    expect(shownMessage("I got hunter2 from you", ["hunter2"])).toBe("I got (removed) from you");
    const late = `${"x ".repeat(97)}my-own-secret`;
    expect(shownMessage(late, ["my-own-secret"])).not.toContain("my-");
  });

  it.each([
    ["k", "The key is a joke.", "The key is a joke."],
    ["k", "I know no k, nor (k).", "I know no (removed), nor ((removed))."],
    ["a+b", "Not aa+b, but a+b!", "Not aa+b, but (removed)!"],
    ["$x", "The $x of $xy", "The (removed) of $xy"],
  ])("hides the short key %j only where it stands alone: %j", (secret, text, shown) => {
    expect(shownMessage(text, [secret])).toBe(shown);
  });

  it("hides a longer key also within a word", () => {
    expect(shownMessage("prefixtestkey1suffix", ["testkey1"])).toBe("prefix(removed)suffix");
  });

  it.each([
    "Voice not found: JBFqnCBsd6RMk",
    "A maximum request length of 10000 characters is allowed.",
    "gpt-4o-mini-tts-2025-12-15 and eleven_multilingual_ttv_v2 are models.",
    "Country, region, or territory not supported",
    "You exceeded your current quota, please check your plan and billing details.",
  ])("leaves %j as it is", (text) => {
    expect(shownMessage(text)).toBe(text);
  });

  it("gives one line of 200 characters at most, and breaks no character", () => {
    expect(shownMessage(" a\r\n\tb\u0000\u001b\u2028c ")).toBe("a b c");
    const long = shownMessage("👍 ".repeat(300));
    expect([...long].length).toBe(200);
    expect(long.isWellFormed()).toBe(true);
    expect(shownMessage("")).toBe("");
  });

  it("is quick for hostile texts", () => {
    for (const text of [
      "key: ".repeat(1e5),
      "a1".repeat(1e6),
      "-".repeat(1e6),
      "key:".padEnd(1e6),
    ]) {
      expect(shownMessage(text).length).toBeLessThan(201);
    }
  });

  it.each(["no-key", "sk-1", "a/b", "x.y*", "[k]", "k{1}", "^k$"])(
    "hides a short key of any characters: %s",
    (secret) => {
      expect(shownMessage(`The key ${secret} is bad`, [secret])).toBe("The key (removed) is bad");
    },
  );
});
