/** What recognisers trained on the internet's subtitles hear where nobody speaks. */

const credits = [
  /\b(thanks?|thank you)( so much| very much)? for (watching|viewing|listening)\b/,
  /\b(please|don't forget to) (like and )?subscribe\b|\bsee you (in the )?next (video|time)\b/,
  /\b(subtitles?|captions?|captioned|subtitled|transcri(bed|ption)|translated)( created| made| provided)? by\b/,
  /amara\.org|opensubtitles|\bsubtitling\b/,
  /\bgracias por ver\b|\bsubtítulos\b.*\b(por|de)\b|\bsuscríbete\b/,
  /\bsous-titr(es|age)\b|\bmerci d'avoir regardé\b|\babonnez-vous\b/,
  /\buntertitel(ung)?\b|\b(vielen )?dank f(ü|ue)rs? (zuschauen|zusehen)\b/,
  /\bsottotitoli\b|\bgrazie per (la visione|aver guardato|l'attenzione)\b/,
  /\blegendas\b.*\b(pel[ao]|por)\b|\bobrigad[oa] por assistir\b|\binscreva-se\b/,
  /субтитр|спасибо за (просмотр|внимание)|продолжение следует|подписывайтесь|дякую за перегляд/,
  /字幕|感谢(您的)?(观看|收看)|謝謝(大家)?(觀看|收看)|谢谢(大家)?(观看|收看)|[请請]不吝/,
  /ご視聴ありがとう|ご覧いただき|チャンネル登録/,
  /시청해 ?주셔서|구독과 좋아요|자막/,
  /\bizlediğiniz için teşekkür|\baltyazı\b/,
  /\bnapisy\b.*\b(stworzone|wykonane|przez|by)\b|\bdzięk(uję|i) za (uwagę|oglądanie)\b/,
  /\bondertitel(s|ing|d)\b|\bbedankt voor het kijken\b/,
  /اشتركوا في القناة|ترجمة نانسي|شكرا على المشاهدة/,
];

/** A whole sentence about something else may hold the words; a credit is short. */
const longestCredit = 80;

/** Whether a text is such a credit: "Thanks for watching!", "Subtitles by …", in any of sixteen languages. */
export function isKnownCredit(text: string): boolean {
  const plain = text.toLowerCase().replaceAll("’", "'");
  return plain.length <= longestCredit && credits.some((one) => one.test(plain));
}
