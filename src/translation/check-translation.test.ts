import { describe, expect, it } from "vitest";
import { checkTranslation } from "./check-translation.ts";
import type { TranslationManner, Wordings } from "./contract.ts";

const manner: TranslationManner = { from: "en", to: "es", glossary: [], genders: {}, pace: 15 };

function check(text: string, answer: string | Wordings, change: Partial<TranslationManner> = {}) {
  const wordings =
    typeof answer === "string" ? { short: answer, normal: answer, long: answer } : answer;
  return checkTranslation({ id: "a", text, seconds: 3 }, wordings, { ...manner, ...change });
}

describe("checkTranslation", () => {
  it.each([
    ["Thank you.", "Thank you.", {}, "wrong"],
    ["Thank you very much.", "thank you, very much!", {}, "wrong"],
    ["No.", "No.", {}, "good"],
    ["Taxi!", "¡Taxi!", {}, "doubtful"],
    ["Anna Karenina", "Anna Karenina", {}, "good"],
    ["1984", "1984", {}, "good"],
    ["THIS IS A TEST", "This is a test", {}, "wrong"],
    ["Esto es lo que hay para todos", "Esto es lo que hay para todos", {}, "good"],
    ["det er en god dag", "Det er en god dag.", { from: "da", to: "nb" }, "doubtful"],
    [
      "machine learning",
      "machine learning",
      { glossary: [{ term: "machine learning", translation: "machine learning" }] },
      "good",
    ],
    ["東京へ行きます", "東京へ行きます", { from: "ja", to: "zh" }, "wrong"],
    ["東京大学", "東京大学", { from: "ja", to: "zh" }, "doubtful"],
    ["we saw it there", "we saw it there", { from: undefined }, "wrong"],
  ])("«%s» as «%s» (%j) is %s", (text, answer, change, verdict) => {
    const { from, ...rest } = { ...manner, ...change };
    const wordings = { short: answer, normal: answer, long: answer };
    const line = { id: "a", text, seconds: 3 };
    const how = from === undefined ? rest : { ...rest, from };
    expect(checkTranslation(line, wordings, how).verdict).toBe(verdict);
  });

  it.each([
    ["Hello there, friend", "The man is here and you are not"],
    ["Wer ist das, und was will der?", "Das ist der Mann und die Frau", { from: "de" }],
    ["Hello there, friend", "Привет, друг"],
    ["Hello there, friend", "…"],
    ["Hello there, friend", "\u200e"],
  ])("«%s» as «%s» is wrong", (text, answer, change: Partial<TranslationManner> = {}) => {
    expect(check(text, answer, change).verdict).toBe("wrong");
  });

  it("lets a wording fall back to the normal one where it says less", () => {
    const checked = check("I don't have 500 dollars.", {
      short: "Tengo 500.",
      normal: "No tengo 500 dólares.",
      long: "La verdad es que no tengo dólares.",
    });
    expect(checked).toMatchObject({
      verdict: "good",
      value: {
        short: "No tengo 500 dólares.",
        normal: "No tengo 500 dólares.",
        long: "No tengo 500 dólares.",
      },
    });
  });

  it("keeps short ≤ normal ≤ long", () => {
    const answer = {
      short: "Hasta mañana, amigos míos",
      normal: "Hasta mañana, amigos",
      long: "Adiós",
    };
    const { short, normal, long } = (
      check("See you tomorrow, friends", answer) as { value: Wordings }
    ).value;
    expect([short, normal, long]).toEqual([
      "Hasta mañana, amigos",
      "Hasta mañana, amigos",
      "Hasta mañana, amigos",
    ]);
  });

  it("keeps three good wordings as they are, on one line", () => {
    const answer = {
      short: "Hasta\nluego",
      normal: "Hasta luego, amigos",
      long: "Nos vemos luego, amigos míos",
    };
    expect(check("See you later, friends", answer)).toEqual({
      ...{ verdict: "good", warnings: [] },
      value: { ...answer, short: "Hasta luego" },
    });
  });

  it("doubts a lost negation, and only warns of a small number", () => {
    expect(check("Don't touch it", "Tócalo")).toMatchObject({ verdict: "doubtful" });
    expect(check("Take 3 of them", "Toma tres")).toMatchObject({
      verdict: "good",
      warnings: ["The number 3 does not stand there in digits."],
    });
  });

  it("doubts a translation that ignores the glossary", () => {
    const glossary = [{ term: "ledger", translation: "libro mayor" }];
    expect(check("Open the ledger", "Abre el registro", { glossary }).verdict).toBe("doubtful");
    expect(check("Open the ledger", "Abre el libro mayor", { glossary }).verdict).toBe("good");
  });
});
