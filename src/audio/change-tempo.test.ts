import { afterAll, describe, expect, it } from "vitest";
import { openAudioWorkers } from "./audio-workers.ts";
import { changeTempo } from "./change-tempo.ts";

const rate = 24_000;
const tone = (hertz: number, seconds: number): Int16Array =>
  Int16Array.from({ length: Math.round(seconds * rate) }, (_, at) =>
    Math.round(8000 * Math.sin((2 * Math.PI * hertz * at) / rate)),
  );
function pitchOf(audio: Int16Array): number {
  let crossings = 0;
  for (let at = 1; at < audio.length; at++) {
    if ((audio[at - 1] as number) < 0 && (audio[at] as number) >= 0) crossings += 1;
  }
  return crossings / (audio.length / rate);
}

const workers = openAudioWorkers({ count: 1 });
afterAll(() => workers.close());

describe("changing the tempo", () => {
  it.each([0.25, 0.36, 0.5, 0.8, 1, 1.25, 2, 3.4, 4])(
    "by %s takes exactly that much time, at the same pitch",
    async (tempo) => {
      const audio = tone(180, 3);
      const changed = await changeTempo({ audio, sampleRate: rate, tempo });
      expect(changed.length).toBe(Math.round(audio.length / tempo));
      expect(pitchOf(changed)).toBeGreaterThan(176);
      expect(pitchOf(changed)).toBeLessThan(184);
    },
  );

  it("leaves silence silent and one sample a sample", async () => {
    const silence = await changeTempo({ audio: new Int16Array(1000), sampleRate: rate, tempo: 2 });
    expect(silence).toEqual(new Int16Array(500));
    const one = await changeTempo({ audio: Int16Array.of(5), sampleRate: rate, tempo: 4 });
    expect(one.length).toBe(1);
  });

  it("gives the same on a thread of its own, where it can be called off", async () => {
    const job = { audio: tone(200, 1), sampleRate: rate, tempo: 1.7 };
    expect(await workers.changeTempo(job)).toEqual(await changeTempo(job));
    expect(job.audio.length).toBe(rate);
    const reason = new Error("not needed");
    const call = { signal: AbortSignal.abort(reason) };
    await expect(workers.changeTempo(job, call)).rejects.toBe(reason);
  });
});
