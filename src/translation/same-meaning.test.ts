import { describe, expect, it } from "vitest";
import { missedTerms, termsIn } from "./glossary-terms.ts";
import { lostNames } from "./names.ts";
import { isNegated, losesNegation } from "./negations.ts";
import { lostNumbers, numbersOf } from "./numbers.ts";
import { lostMeaning } from "./same-meaning.ts";
import { isInWrongScript } from "./scripts.ts";
import { isRatherIn } from "./stop-words.ts";

describe("numbers", () => {
  it.each([
    ["1,000 people", ["1000"]],
    ["1.000 Leute", ["1000"]],
    ["1 000 personnes", ["1000"]],
    ["1\u202f234\u202f567", ["1234567"]],
    ["1'234'567 Franken", ["1234567"]],
    ["12,34,567 रुपये", ["1234567"]],
    ["1,234.5", ["1234.5"]],
    ["1.234,50", ["1234.5"]],
    ["3,5 %", ["3.5"]],
    ["1.500", ["1500", "1.5"]],
    ["007", ["7"]],
    ["５００円", ["500"]],
    ["٤٢", ["42"]],
    ["২০২৪", ["2024"]],
    ["3.5 million", ["3.5", "3500000"]],
    ["10万人", ["10", "100000"]],
    ["5 тысяч", ["5", "5000"]],
    ["12.05.2024", []],
  ])("%s is read as %j", (text, readings) => {
    expect(numbersOf(text).flatMap((number) => number.readings)).toEqual(readings);
  });

  it.each([
    ["en→es", "It cost 1,250.75 dollars.", "Costó 1.250,75 dólares."],
    ["en→de", "At 10:30 on 12/05/2024.", "Um 10.30 Uhr am 12.05.2024."],
    ["en→fr", "20,000 leagues", "20 000 lieues"],
    ["en→ru", "5 million people in 1999", "5 миллионов человек в 1999 году"],
    ["en→zh", "100,000 people", "10万人"],
    ["en→ja", "In 1984, 3.5%", "1984年、3.5％"],
    ["zh→en", "3亿", "300 million"],
    ["en→ar", "42 years", "٤٢ سنة"],
  ])("survive %s", (_, source, target) => {
    expect(lostNumbers(source, target)).toEqual([]);
  });

  it.each([
    ["1,250 dollars", "1.520 dólares", ["1,250"]],
    ["in 1984", "en el año", ["1984"]],
    ["3.5 percent", "35 por ciento", ["3.5"]],
    ["3 percent", "3,5 por ciento", ["3"]],
    ["5 million", "5 personas y 5 cosas", []],
    ["1,000 people", "1 persona", ["1,000"]],
  ])("of «%s» in «%s»: %j is lost", (source, target, lost) => {
    expect(lostNumbers(source, target).map(({ text }) => text)).toEqual(lost);
  });
});

describe("negations", () => {
  it.each([
    ["en", "I don’t know.", true],
    ["en", "You know it, don't you?", false],
    ["en", "Not only that.", false],
    ["en", "I know.", false],
    ["es", "No lo sé.", true],
    ["es", "Lo sabes, ¿no?", false],
    ["de", "Das ist kein Problem.", true],
    ["de", "Das ist mein Problem.", false],
    ["fr", "Je n'ai jamais dit ça.", true],
    ["fr", "C’est vrai, n’est-ce pas ?", false],
    ["ru", "Я этого не говорил.", true],
    ["ru", "Я это говорил.", false],
    ["zh", "我不知道。", true],
    ["zh", "这个还不错。", false],
    ["zh", "你是不是学生？", false],
    ["zh", "你别走！", true],
    ["zh", "这非常特别，别人也知道。", false],
    ["ja", "わかりません。", true],
    ["ja", "行くかもしれない。", false],
    ["ja", "行きます。", false],
    ["ko", "안녕하세요", false],
    ["ko", "가지 않았어요", true],
    ["sw", "Sijui", undefined],
  ])("%s «%s»: %j", (language, text, expected) => {
    expect(isNegated(text, language)).toBe(expected);
  });

  it.each([
    ["en", "It is not possible.", "de", "Das ist unmöglich.", false],
    ["en", "It is not possible.", "de", "Das ist und bleibt möglich.", true],
    ["en", "Don't touch it.", "es", "No lo toques.", false],
    ["en", "Don't touch it.", "es", "Tócalo.", true],
    ["en", "I never said that.", "fr", "J'ai dit ça.", true],
    ["en", "I never said that.", "ru", "Я никогда этого не говорил.", false],
    ["en", "I never said that.", "ru", "Я так сказал.", true],
    ["en", "We cannot go.", "zh", "我们不能去。", false],
    ["en", "We cannot go.", "zh", "我们可以去。", true],
    ["en", "We cannot go.", "ja", "行けません。", false],
    ["en", "We cannot go.", "ja", "行けます。", true],
    ["zh", "我没有钱。", "en", "I have money.", true],
    ["zh", "我没有钱。", "en", "I have no money.", false],
    ["sw", "Sijui", "en", "I know.", false],
    ["en", "I don't know.", "sw", "Najua", false],
  ])("%s «%s» → %s «%s»: lost %j", (from, text, to, wording, isLost) => {
    expect(losesNegation({ text, language: from }, { text: wording, language: to })).toBe(isLost);
  });

  it("are not looked for when the source language is not known", () => {
    const source = { text: "No.", language: undefined };
    expect(losesNegation(source, { text: "Sí.", language: "es" })).toBe(false);
  });
});

describe("names", () => {
  it.each([
    ["en", "And then Margaret left.", "es", "Y luego se fue.", ["Margaret"]],
    ["en", "And then Margaret left.", "es", "Y luego Margarita se fue.", []],
    ["en", "She lives in London.", "fr", "Elle vit à Londres.", []],
    ["en", "See you on Monday in Germany, in March.", "es", "Nos vemos el lunes en Alemania.", []],
    ["en", "We speak German. Then we left.", "it", "Parliamo tedesco. Poi via.", []],
    ["en", "WE LEFT WITH ANNA", "es", "Nos fuimos", []],
    ["en", "He met Anna.", "ru", "Он встретил её.", []],
    ["de", "Der Hund und die Katze.", "es", "El perro y el gato.", []],
    ["es", "Hablé con Jorge ayer.", "en", "I talked to him yesterday.", ["Jorge"]],
  ])("%s «%s» → %s «%s»: lost %j", (from, text, to, wording, lost) => {
    expect(lostNames({ text, language: from }, { text: wording, language: to })).toEqual(lost);
  });
});

describe("glossary terms", () => {
  const glossary = [
    { term: "ledger", translation: "libro mayor" },
    { term: "Apple", translation: "Apple" },
    { term: "量子", translation: "quantum" },
    { term: "cat", translation: "gato" },
    { term: "", translation: "" },
  ];

  it.each([
    ["The ledgers are open.", ["ledger"]],
    ["An apple a day", []],
    ["Apple's new ledger", ["ledger", "Apple"]],
    ["これは量子力学です", ["量子"]],
    ["Concatenate the category", []],
    ["LEDGER", ["ledger"]],
  ])("in «%s»: %j", (text, terms) => {
    expect(termsIn(glossary, text).map(({ term }) => term)).toEqual(terms);
  });

  it.each([
    ["libro mayor", "Los libros mayores están abiertos.", true],
    ["libro mayor", "El registro está abierto.", false],
    ["книга", "в этой книге", true],
    ["книга", "в этом журнале", false],
    ["総勘定元帳", "総勘定元帳を開く", true],
  ])("«%s» is obeyed in «%s»: %j", (translation, text, isObeyed) => {
    expect(missedTerms([{ term: "x", translation }], text)).toHaveLength(isObeyed ? 0 : 1);
  });
});

describe("language of a text", () => {
  it.each([
    ["ru", "Привет, мир", "Hello, world", false],
    ["ru", "Hello, world", "Hola, mundo", true],
    ["ru", "OpenAI GPT", "OpenAI GPT", false],
    ["ru", "Модель OpenAI", "The OpenAI model", false],
    ["uk", "Це було давно", "It was long ago", false],
    ["uk", "Мы были там", "We were there", true],
    ["ru", "Це було їхнє", "It was theirs", true],
    ["es", "Привет, мир", "Hello, world", true],
    ["ja", "データーを見る", "Look at the data", false],
    ["ja", "我们今天一起去北京看看天安门吧", "Let us go", true],
    ["zh", "今日はいい天気ですね", "Nice day", true],
    ["zh-TW", "今天天氣很好", "Nice day", false],
    ["ko", "안녕하세요", "Hello", false],
    ["sr", "Dobar dan", "Good day", false],
    ["sr-Cyrl", "Dobar dan", "Good day", true],
    ["ar", "مرحبا", "Hello", false],
    ["hi", "नमस्ते दुनिया", "Hello", false],
    ["el", "Καλημέρα", "Morning", false],
    ["he", "שלום", "Hi", false],
    ["th", "สวัสดี", "Hi", false],
    ["ka", "გამარჯობა", "Hi", false],
    ["hy", "Բարեւ", "Hi", false],
    ["es", "1984!", "1984!", false],
  ])("%s «%s»: wrong script %j", (language, text, kept, isWrong) => {
    expect(isInWrongScript(text, language, kept)).toBe(isWrong);
  });

  it.each([
    ["en", "This is what the people want for you", "es", true],
    ["en", "Esto es lo que la gente quiere", "es", false],
    ["en", "No me no", "es", false],
    ["en", "Das ist nicht die Welt", "de", false],
    ["en", "This is the day", "eu", false],
  ])("rather %s: «%s» instead of %s: %j", (other, text, language, isOther) => {
    expect(isRatherIn(other, text, language)).toBe(isOther);
  });
});

describe("lostMeaning", () => {
  it("tells what is worth asking again from what is worth a look", () => {
    const lost = lostMeaning(
      { text: "Don't give Margaret 500 dollars or 3 ledgers.", language: "en" },
      { text: "Dale dólares o registros.", language: "es" },
      [{ term: "ledger", translation: "libro mayor" }],
    );
    expect(lost.problems).toEqual([
      "The number 500 is missing.",
      "The original denies something, this does not.",
      'The glossary has "libro mayor" for "ledger".',
    ]);
    expect(lost.doubts).toEqual([
      "The number 3 does not stand there in digits.",
      "The name Margaret is missing.",
    ]);
  });
});
