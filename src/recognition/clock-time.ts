/** Times as people read them in warnings and errors. */
import type { Seconds, Slot } from "../core/segment.ts";

/** `1:05`, `1:02:05`; whole seconds, rounded down. */
export function clockTime(seconds: Seconds): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number) => String(value).padStart(2, "0");
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}`;
}

/** At most `most` spans as `1:05–1:20, 3:00–3:04 and 7 more`. */
export function clockSpans(spans: readonly Slot[], most = 5): string {
  const shown = spans.slice(0, most).map((one) => `${clockTime(one.start)}–${clockTime(one.end)}`);
  const more = spans.length - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
