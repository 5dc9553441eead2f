/** Texts in messages: recognisable, never a whole page. */

/** At most 50 characters, with an ellipsis where something was left out. */
export function shorten(text: string): string {
  return text.length > 50 ? `${text.slice(0, 49)}…` : text;
}
