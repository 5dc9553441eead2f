/** The few words we add ourselves to a video's texts, in its language. */

type Lines = { readonly disclosure: string; readonly part: (number: number) => string };

/**
 * The sentence that says the voice is synthetic.
 *
 * @param language BCP 47; English where it is absent, no tag, or not in the table.
 */
export function disclosureLine(language?: string): string {
  return linesFor(language).disclosure;
}

/** Name of a chapter whose text gives none: "Part 2". @param number counted from 1. */
export function partTitle(number: number, language?: string): string {
  return linesFor(language).part(number);
}

const english: Lines = {
  disclosure: "The voice in this video is synthetic.",
  part: (number) => `Part ${number}`,
};

const byLanguage: Readonly<Record<string, Lines>> = {
  en: english,
  es: { disclosure: "La voz de este vídeo es sintética.", part: (n) => `Parte ${n}` },
  pt: { disclosure: "A voz deste vídeo é sintética.", part: (n) => `Parte ${n}` },
  fr: {
    disclosure: "La voix de cette vidéo est une voix de synthèse.",
    part: (n) => `Partie ${n}`,
  },
  de: { disclosure: "Die Stimme in diesem Video ist synthetisch.", part: (n) => `Teil ${n}` },
  it: { disclosure: "La voce di questo video è sintetica.", part: (n) => `Parte ${n}` },
  nl: { disclosure: "De stem in deze video is synthetisch.", part: (n) => `Deel ${n}` },
  sv: { disclosure: "Rösten i den här videon är syntetisk.", part: (n) => `Del ${n}` },
  pl: { disclosure: "Głos w tym filmie jest syntetyczny.", part: (n) => `Część ${n}` },
  cs: { disclosure: "Hlas v tomto videu je syntetický.", part: (n) => `Část ${n}` },
  ru: { disclosure: "Голос в этом видео синтезирован компьютером.", part: (n) => `Часть ${n}` },
  uk: { disclosure: "Голос у цьому відео синтезовано комп’ютером.", part: (n) => `Частина ${n}` },
  tr: {
    disclosure: "Bu videonun seslendirmesi sentetik bir sesle yapılmıştır.",
    part: (n) => `Bölüm ${n}`,
  },
  ar: { disclosure: "الصوت في هذا الفيديو اصطناعي.", part: (n) => `الجزء ${n}` },
  he: { disclosure: "הקול בסרטון הזה הוא קול סינתטי.", part: (n) => `חלק ${n}` },
  hi: { disclosure: "इस वीडियो की आवाज़ कृत्रिम है।", part: (n) => `भाग ${n}` },
  zh: { disclosure: "本视频使用合成语音。", part: (n) => `第 ${n} 部分` },
  "zh-Hant": { disclosure: "本影片使用合成語音。", part: (n) => `第 ${n} 部分` },
  ja: { disclosure: "この動画の音声は合成音声です。", part: (n) => `パート ${n}` },
  ko: { disclosure: "이 영상의 목소리는 합성 음성입니다.", part: (n) => `파트 ${n}` },
  vi: { disclosure: "Giọng nói trong video này là giọng tổng hợp.", part: (n) => `Phần ${n}` },
  id: { disclosure: "Suara dalam video ini adalah suara sintetis.", part: (n) => `Bagian ${n}` },
};

function linesFor(language = "en"): Lines {
  try {
    const { language: primary, script } = new Intl.Locale(language).maximize();
    return byLanguage[`${primary}-${script}`] ?? byLanguage[primary] ?? english;
  } catch {
    return english;
  }
}
