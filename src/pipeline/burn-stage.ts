/** The third stage: the dub, its subtitles and the untouched picture in one file. */
import { rm } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { removeLeftovers, temporaryPrefix, writeFileThrough } from "../core/atomic-file.ts";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { hashValue } from "../core/hash.ts";
import { containerLanguage, languageName } from "../core/language.ts";
import { mux, type SubtitleTrack } from "../media/mux.ts";
import { formatOfExtension, type OutputFormat, outputFormat } from "../media/output-format.ts";
import { type MediaInfo, probe } from "../media/probe.ts";
import { encodeSound } from "../media/sound-encoder.ts";
import { drawSubtitles } from "./drawn-subtitles.ts";
import type { CheckedOptions } from "./options.ts";
import { refuseVideo } from "./output-path.ts";
import { copySidecars, subtitlesBeside } from "./sidecars.ts";
import type { StageInput } from "./stage-input.ts";
import type { StageRecord } from "./state.ts";

export type BurnInput = StageInput & {
  /** ffmpeg processes that encode long sound at once. */
  readonly workers: number;
};

/**
 * Writes the output file.
 *
 * @returns a record whose fact `output` is the path of the file.
 * @throws DubberError `text_missing` when nothing was dubbed yet, `missing_font`, `invalid_options` (an output that would
 *   overwrite the video, or a kind of file that cannot be written).
 */
export async function burnStage(input: BurnInput, call: Call = {}): Promise<StageRecord> {
  const { work, options } = input;
  const scope = options.to ?? "";
  const mixed = work.lastRecord("mix", scope);
  const prepared = work.lastRecord("prep", scope);
  if (mixed === undefined || prepared === undefined) throw notDubbed(options);
  // After an interrupted mix the sound may be newer than the subtitles: nothing is made of such a pair.
  if (!(await work.isWhole(mixed))) throw notDubbed(options);
  if (options.stems && mixed.facts.stems !== true) throw noStems(options);
  const language = prepared.facts.language as string | undefined;
  const fingerprint = hashValue({
    mixed: mixed.fingerprint,
    prepared: prepared.fingerprint,
    language,
    output: options.output && resolve(options.output),
    options: pickOptions(options),
  });

  return await work.stage("burn", scope, {
    fingerprint,
    async run() {
      const [tools, info] = await Promise.all([input.tools(), input.info()]);
      const { path: output, format } = chooseOutput(options, info, language);
      await refuseVideo(options.video, output);
      const onProgress = (done: number): void =>
        input.emit({
          type: "progress",
          stage: "burn",
          done,
          total: info.duration,
          unit: "seconds",
        });
      const temporary = (name: string): string =>
        join(work.languageRoot, `${temporaryPrefix}${name}`);
      const mix = join(work.languageRoot, "new_audio.wav");
      const sound = temporary(`sound${format.soundExtension}`);
      const picture = temporary(`picture${format.extension}`);
      const isSound = options.audioOnly || !format.canHoldVideo;
      const isDrawn = options.burnMode === "hard" && info.video !== undefined && !isSound;
      await removeLeftovers(dirname(output), output);
      const isBeside = options.burnMode === "soft" && !format.canHoldSubtitles;
      const subtitles = isBeside ? await subtitlesBeside(work, options, output) : undefined;
      try {
        if (isDrawn) {
          await drawSubtitles(
            { work, options, tools, info, outPath: picture },
            { ...call, onProgress },
          );
        }
        const dub =
          format.soundCodec === "pcm"
            ? // The mix is that already.
              await probe(tools, mix, call)
            : await encodeSound(
                tools,
                { path: mix, outPath: sound, codec: format.soundCodec, parts: input.workers },
                { ...call, onProgress },
              );
        const used = prepared.facts.stream;
        await writeFileThrough(output, (outPath) =>
          mux(
            tools,
            {
              // The stream that was spoken from is replaced by what was said.
              info: { ...info, subtitles: info.subtitles.filter(({ index }) => index !== used) },
              outPath,
              container: format.container,
              sound: { info: dub, ...track(language, "dub") },
              keepOriginal: options.keepOriginal && format.canHoldOriginal,
              original: { stream: originalStream(mixed, info), language: sourceTag(prepared) },
              keepSubtitles: options.burnMode !== "off" && format.canHoldSubtitles,
              subtitles: format.canHoldSubtitles ? subtitleTracks(input, prepared, language) : [],
              audioOnly: isSound,
              ...(isDrawn && { picture }),
            },
            call,
          ),
        );
      } finally {
        await Promise.all([sound, picture].map((path) => rm(path, { force: true })));
      }
      const beside = await copySidecars(work, options, output, { subtitles });
      const warnings = [
        ...(subtitles === undefined ? [] : [lostTracks(subtitles)]),
        ...(options.keepOriginal ? lostOriginal(format, info) : []),
      ];
      return { outputs: [output, ...beside], warnings, facts: { output } };
    },
  });
}

function pickOptions(options: CheckedOptions): Partial<CheckedOptions> {
  const { burnMode, burnStyle, burnCrf, burnPreset, keepOriginal, audioOnly, stems } = options;
  return {
    ...{ burnMode, keepOriginal, audioOnly, stems },
    ...(burnMode === "hard" && { burnStyle, burnCrf, burnPreset }),
  };
}

/** Where the result goes: as asked, else beside the video, in its own container when that can hold it. */
function chooseOutput(
  options: CheckedOptions,
  info: MediaInfo,
  language: string | undefined,
): { readonly path: string; readonly format: OutputFormat } {
  const isSound = options.audioOnly || info.video === undefined;
  const own = outputFormat(info, { audioOnly: isSound });
  const { video, output } = options;
  const name = `${basename(video, extname(video))}.${language ?? "dub"}${own.extension}`;
  const path = resolve(output ?? join(dirname(video), name));
  return { path, format: output === undefined ? own : formatOfExtension(path, info) };
}

function track(language: string | undefined, kind: "dub" | "subtitles") {
  if (language === undefined) return { language: "und" };
  const name = languageName(language);
  return { language: containerLanguage(language), title: kind === "dub" ? `${name} (dub)` : name };
}

/** What is said in the dub, then what the original says where the person gave it as a file. */
function subtitleTracks(
  { work, options }: BurnInput,
  prepared: StageRecord,
  language: string | undefined,
): readonly SubtitleTrack[] {
  if (options.burnMode === "off") return [];
  const said = join(work.languageRoot, "spoken.srt");
  const tracks: SubtitleTrack[] =
    options.burnMode === "hard"
      ? []
      : [{ path: said, ...track(language, "subtitles"), isDefault: true }];
  const original = prepared.facts.sourceSubs;
  if (typeof original !== "string") return tracks;
  const source = prepared.facts.sourceLanguage as string | undefined;
  return [...tracks, { path: join(work.languageRoot, original), ...track(source, "subtitles") }];
}

function lostTracks(path: string): string {
  return `This kind of file holds no subtitles: they are beside it as ${basename(path)}.`;
}

function lostOriginal({ canHoldOriginal, extension }: OutputFormat, info: MediaInfo): string[] {
  if (info.audio.length === 0) return ["There is no original sound to keep."];
  if (canHoldOriginal) return [];
  return [`A ${extension} file holds one sound: the original is not in it, only the dub.`];
}

/** The sound the dub was made over, which may not be the file's main one. */
function originalStream(mixed: StageRecord, info: MediaInfo): number | undefined {
  const { audioStream } = mixed.facts;
  return typeof audioStream === "number" ? info.audio[audioStream]?.index : undefined;
}

function sourceTag({ facts }: StageRecord): string | undefined {
  const { sourceLanguage } = facts;
  return typeof sourceLanguage === "string" ? containerLanguage(sourceLanguage) : undefined;
}

function noStems({ video, to }: CheckedOptions): DubberError {
  return new DubberError("invalid_options", `${basename(video)} was mixed without stems.`, {
    hint: `Run \`dubber synth ${basename(video)}${toFlag(to)} --stems\` first.`,
  });
}

function toFlag(to: string | undefined): string {
  return to === undefined ? "" : ` --to ${to}`;
}

function notDubbed({ video, to }: CheckedOptions): DubberError {
  return new DubberError("text_missing", `There is no whole dub of ${basename(video)} yet.`, {
    hint: `Run \`dubber synth ${basename(video)}${toFlag(to)}\` first, or \`dubber dub\` for everything at once.`,
  });
}
