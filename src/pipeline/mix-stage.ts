/** The second stage, second half: fits every clip to its place and mixes the dub at its loudness. */
import { join } from "node:path";
import type { AudioWorkers } from "../audio/audio-workers.ts";
import type { MixJob } from "../audio/mix.ts";
import { writeFileAtomic, writeFileThrough, writeJsonAtomic } from "../core/atomic-file.ts";
import type { Call } from "../core/call.ts";
import { hashValue } from "../core/hash.ts";
import { formatSrt } from "../subtitles/srt.ts";
import { type FittedClip, fitClips } from "./fitted-clips.ts";
import { renderAtLoudness } from "./mastering.ts";
import type { CheckedOptions } from "./options.ts";
import { type PlanFile, type PlannedLine, readPlan } from "./plan-file.ts";
import { makeReport } from "./report.ts";
import { mixFormat, type OriginalSound } from "./sound-stage.ts";
import { spokenCues } from "./spoken.ts";
import type { StageInput } from "./stage-input.ts";
import type { StageRecord } from "./state.ts";
import type { WorkDirectory } from "./work-directory.ts";

export type MixInput = StageInput & {
  readonly workers: number;
  /** The plan's stage, as the synth stage left it. */
  readonly planned: StageRecord;
  readonly original: Promise<OriginalSound>;
};

/** Threads that mix: reading and writing keeps up with no more, and each takes some 20 MB. */
const maxMixers = 4;
/** Level of the speech where the video has no sound to compare with, dBFS RMS. */
const aloneLevelDb = -20;
/**
 * LU that a mono voice on two channels reads above its RMS in dBFS: +3.01 for the second channel, −0.69 the meter's
 * offset (ITU-R BS.1770).
 */
const loudnessOfSpeech = 2.3;

/**
 * Makes `new_audio.wav` (48 kHz stereo, exactly as long as the video), `spoken.srt`, `report.json`, and with `stems` also
 * `speech.wav` and `background.wav`, all in the language's folder.
 *
 * @throws DubberError what the mixer or ffmpeg fails with; `disk_full`.
 */
export async function mixStage(input: MixInput, call: Call = {}): Promise<StageRecord> {
  const { work, options, planned } = input;
  const original = await input.original;
  const { background, duckDb, loudness, stems } = options;
  const planPath = join(work.languageRoot, "plan.json");
  const plan = await readPlan(planPath);
  const fingerprint = hashValue({
    plan,
    original: original.fingerprint,
    // Not only in the sound's fingerprint: without a background the sound is not looked at, and may still be kept.
    audioStream: options.audioStream,
    options: { background, duckDb: background === "duck" ? duckDb : 0, loudness, stems },
  });

  return await work.stage("mix", options.to ?? "", {
    fingerprint,
    async run() {
      await using workers = input.setup.audioWorkers(Math.min(maxMixers, input.workers));
      const fitted = await fitClips(
        plan.lines.map(({ clip, ...line }) => ({
          ...line,
          path: join(work.languageRoot, "speech", clip),
        })),
        {
          directory: join(work.languageRoot, "fitted"),
          isOwner: true,
          sampleRate: mixFormat.sampleRate,
          workers,
        },
        call,
      );
      const job = layOut(plan, original, fitted, options);
      const soundPath = join(work.languageRoot, "new_audio.wav");
      const tools = await input.tools();
      const onProgress = (share: number): void =>
        input.emit({
          type: "progress",
          stage: "mix",
          done: share * plan.duration,
          total: plan.duration,
          unit: "seconds",
        });
      const mastered = await renderAtLoudness(
        {
          ...{ job, workers, tools, target: loudness, outPath: soundPath },
          expected: speechLevel(original, options) + loudnessOfSpeech,
        },
        { ...call, onProgress },
      );
      const outputs = [soundPath];
      if (stems) outputs.push(...(await renderStems(work, job, mastered.gainDb, workers, call)));
      const spokenPath = join(work.languageRoot, "spoken.srt");
      const cues = spokenCues(plan.lines, plan);
      await writeFileAtomic(spokenPath, formatSrt(cues));
      const reportPath = join(work.languageRoot, "report.json");
      await writeJsonAtomic(reportPath, makeReport(plan, cues, mastered, options));
      return {
        outputs: [...outputs, spokenPath, reportPath],
        warnings: mastered.warnings,
        facts: { complete: planned.fingerprint !== "", audioStream: options.audioStream, stems },
      };
    },
  });
}

/** The mix before mastering: where each clip and how loud, and what happens to the original sound under it. */
function layOut(
  plan: PlanFile,
  original: OriginalSound,
  fitted: readonly FittedClip[],
  options: CheckedOptions,
): Omit<MixJob, "outPath" | "gainDb"> {
  const { lines } = plan;
  const gains = speechGains(lines, speechLevel(original, options));
  const hasBackground = original.path !== undefined && options.background !== "off";
  // The original voice goes on where the dub is shorter: its own time is ducked as well.
  const intervals = lines.flatMap(({ slot, start, duration }) => [
    { start, end: start + duration },
    slot,
  ]);
  const duck = { db: options.duckDb, intervals };
  return {
    ...mixFormat,
    frames: Math.round(plan.duration * mixFormat.sampleRate),
    clips: fitted.map((clip, index) => ({
      ...clip,
      gainDb: gains.get(lines[index]?.voice ?? "") ?? 0,
    })),
    ...(hasBackground && {
      background: {
        path: original.path as string,
        gainDb: 0,
        ...(options.background === "duck" && { duck }),
      },
    }),
  };
}

/** Nobody speaks in an original quieter than this; to follow it down would leave a dub that no gain makes loud enough. */
const quietestLevelDb = -45;

/** How loud the dub speaks, dBFS RMS: as loud as the original did, so that music and speech keep their balance. */
function speechLevel(original: OriginalSound, { background }: CheckedOptions): number {
  const isAlone = original.loudness === null || background === "off";
  if (isAlone) return aloneLevelDb;
  return Math.max(quietestLevelDb, (original.loudness as number) - loudnessOfSpeech);
}

/** One gain per voice, dB, that brings each to the same level. */
function speechGains(lines: readonly PlannedLine[], targetDb: number): ReadonlyMap<string, number> {
  const levels = new Map<string, { power: number; seconds: number }>();
  for (const { voice, levelDb, speech } of lines) {
    const level = levels.get(voice) ?? { power: 0, seconds: 0 };
    const seconds = speech.end - speech.start;
    level.power += 10 ** (levelDb / 10) * seconds;
    level.seconds += seconds;
    levels.set(voice, level);
  }
  return new Map(
    [...levels].map(([voice, { power, seconds }]) => [
      voice,
      targetDb - 10 * Math.log10(power / seconds),
    ]),
  );
}

/** Speech alone and background alone, at the levels they have in the mix. */
async function renderStems(
  work: WorkDirectory,
  job: Omit<MixJob, "outPath" | "gainDb">,
  gainDb: number,
  workers: AudioWorkers,
  call: Call,
): Promise<readonly string[]> {
  const { background, ...speech } = job;
  const stems = {
    speech,
    background: { ...job, clips: [] },
  };
  const paths: string[] = [];
  for (const [name, stem] of Object.entries(stems)) {
    const path = join(work.languageRoot, `${name}.wav`);
    await writeFileThrough(path, (outPath) => workers.mix({ ...stem, outPath, gainDb }, call));
    paths.push(path);
  }
  return paths;
}
