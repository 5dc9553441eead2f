import { buffer } from "node:stream/consumers";
import { setImmediate as turn } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { foundTools } from "../../../test/support/found-tools.ts";
import { longOrShort } from "../../../test/support/long-or-short.ts";
import { VirtualClock } from "../../../test/support/virtual-clock.ts";
import { DubberError } from "../../core/error.ts";
import { wavHeaderBytes } from "../../core/wav-bytes.ts";
import type { Tools } from "../../media/tools.ts";
import { openListener } from "./listener.ts";

let tools: Tools;
beforeAll(async () => {
  tools = await foundTools();
});
const tone = (length: number): Int16Array =>
  Int16Array.from({ length }, (_, at) => Math.round(9000 * Math.sin(at / 12)));
const broken = new DubberError("engine_failed", "Broken.");

describe("a listener", () => {
  it("gets the sound from its first samples on, as they come", async () => {
    const listener = openListener(undefined, { format: "pcm" });
    const parts = [tone(4000), tone(10), tone(30_000)];
    const writing = (async () => {
      for (const part of parts) await listener.write(part, 16_000);
      await listener.end();
    })();
    const bytes = await buffer(await listener.opened);
    await writing;
    expect(bytes).toEqual(Buffer.concat(parts.map(({ buffer: one }) => Buffer.from(one))));
  });

  it.each(["mp3", "opus", "flac", "aac", "wav"] as const)(
    "gets %s to its end, also when the engine's rate was guessed wrongly",
    async (format) => {
      for (const expectedRate of longOrShort([undefined, 16_000, 48_000], [48_000])) {
        const listener = openListener(tools, { format, expectedRate });
        const writing = listener.write(tone(16_000), 16_000).then(() => listener.end());
        const bytes = await buffer(await listener.opened);
        await writing;
        expect(bytes.length).toBeGreaterThan(1000);
        if (format === "wav") {
          expect(bytes.readUInt32LE(24)).toBe(16_000);
          expect(bytes.length).toBe(wavHeaderBytes + 32_000);
        }
      }
    },
  );

  it("gets it at the rate it asked for", async () => {
    const listener = openListener(tools, { format: "pcm", outRate: 24_000, expectedRate: 8000 });
    const writing = listener.write(tone(16_000), 16_000).then(() => listener.end());
    const bytes = await buffer(await listener.opened);
    await writing;
    expect(bytes.length / 2).toBeGreaterThan(23_900);
    expect(bytes.length / 2).toBeLessThan(24_100);
  });

  it("hears in words of what fails before the first sound", async () => {
    for (const expectedRate of [undefined, 16_000]) {
      for (const format of ["wav", "mp3"] as const) {
        const listener = openListener(tools, { format, expectedRate });
        listener.fail(broken);
        await expect(listener.opened).rejects.toBe(broken);
        await expect(listener.write(tone(10), 16_000)).rejects.toBe(broken);
        await expect(listener.end()).rejects.toBe(broken);
      }
    }
  });

  it.each(["wav", "pcm", "mp3", "opus"] as const)(
    "of %s never gets to a clean end when it fails after the first sound",
    async (format) => {
      const listener = openListener(tools, { format, expectedRate: 16_000 });
      await listener.write(tone(16_000), 16_000);
      listener.fail(broken);
      const sound = await listener.opened;
      await expect(buffer(sound)).rejects.toThrow();
      await expect(listener.write(tone(10), 16_000)).rejects.toBe(broken);
    },
  );

  it("is read by one who comes a little later, without a word lost", async () => {
    const listener = openListener(undefined, { format: "pcm" });
    const long = tone(300_000);
    const writing = listener.write(long, 16_000).then(() => listener.end());
    const sound = await listener.opened;
    await turn();
    expect((await buffer(sound)).length).toBe(long.byteLength);
    await writing;
  });

  it("does not disturb its reader while more is written", async () => {
    const listener = openListener(undefined, { format: "pcm" });
    const writing = (async () => {
      for (let at = 0; at < 40; at++) {
        await listener.write(tone(5000), 16_000);
        await turn();
      }
      await listener.end();
    })();
    const sound = await listener.opened;
    expect(sound.listenerCount("readable")).toBe(0);
    const reading = buffer(sound);
    await turn();
    expect(sound.listenerCount("readable")).toBeLessThanOrEqual(1);
    expect((await reading).length).toBe(40 * 10_000);
    await writing;
  });

  it("is given up when it does not read for half a minute, and not before", async () => {
    const clock = new VirtualClock();
    const listener = openListener(undefined, { format: "pcm", clock });
    const writing = listener.write(tone(200_000), 16_000);
    const outcome = writing.then(
      () => "written",
      (error: Error) => error.message,
    );
    await listener.opened;
    await clock.advance(29_999);
    expect(clock.sleeping).toBe(1);
    await clock.advance(1);
    expect(await outcome).toBe("The client has stopped reading.");
    listener.fail(broken);
    expect(clock.sleeping).toBe(0);
  });

  it("leaves no clock running when all went well", async () => {
    const clock = new VirtualClock();
    const listener = openListener(undefined, { format: "pcm", clock });
    await listener.write(tone(100), 16_000);
    await listener.end();
    expect((await buffer(await listener.opened)).length).toBe(200);
    expect(clock.sleeping).toBe(0);
  });

  it("that has left ends whoever writes", async () => {
    const listener = openListener(undefined, { format: "pcm" });
    const writing = listener.write(tone(200_000), 16_000);
    writing.catch(() => {});
    (await listener.opened).destroy();
    await expect(writing).rejects.toMatchObject({ name: "AbortError" });
    await expect(listener.write(tone(10), 16_000)).rejects.toMatchObject({ name: "AbortError" });
  });

  it("takes no other rate in the middle", async () => {
    const listener = openListener(undefined, { format: "pcm" });
    await listener.write(tone(10), 16_000);
    await expect(listener.write(tone(10), 8000)).rejects.toMatchObject({ code: "engine_failed" });
  });

  it("of a sound without a sample hears that there is none", async () => {
    for (const expectedRate of [16_000, undefined]) {
      const listener = openListener(tools, { format: "mp3", expectedRate });
      await listener.write(new Int16Array(0), 16_000);
      await expect(listener.end()).rejects.toMatchObject({ code: "invalid_media" });
      await expect(listener.opened).rejects.toMatchObject({ code: "invalid_media" });
    }
  });
});
