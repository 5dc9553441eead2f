/** Finds out who speaks when: a segmentation model and a speaker embedding model, in a child process. */
import type { Call } from "../core/call.ts";
import type { Seconds } from "../core/segment.ts";
import { type LinkedSpeaker, linkSpeakers, type StretchSpeaker } from "./link-speakers.ts";
import type { ModelFile } from "./local-model.ts";
import { openSherpa, type SherpaHost } from "./sherpa-host.ts";
import type { DiarizedSound } from "./sherpa-settings.ts";
import { type SoundBlock, soundBlocks } from "./sound-blocks.ts";
import type { VoicePrint } from "./voice-print.ts";

/** One person speaking, without a longer pause. Turns of different people may overlap. */
export type SpeakerTurn = {
  readonly start: Seconds;
  readonly end: Seconds;
  /** From 0, in the order they first speak. */
  readonly speaker: number;
};

export type Diarization = {
  /** Sorted by start. */
  readonly turns: readonly SpeakerTurn[];
  /** What each speaker sounds like, by number; empty for one who says too little. */
  readonly prints: readonly VoicePrint[];
};

export type Diarizer = AsyncDisposable & {
  /** Models and library: what the answer depends on besides the sound. */
  readonly version: string;
  /**
   * @param pieces the sound from its start, 16 kHz, in stretches of any length; five minutes of it are held at a time.
   * @param speakers how many people speak, or `auto`.
   * @throws DubberError as `Recognizer.recognize` for local ones; the signal's reason.
   */
  diarize(
    pieces: AsyncIterable<Int16Array>,
    options: { readonly speakers: number | "auto" },
    call?: Call,
  ): Promise<Diarization>;
  close(): Promise<void>;
};

/**
 * Seconds. The library wants all of its sound in memory at once, so a long one is heard in stretches, and their speakers are
 * linked by their prints afterwards.
 */
const lengths = { block: 300, lead: 0, tail: 0 };
/** Prints of one person in one recording are at least so alike (cosine). */
const linkThreshold = 0.5;

/**
 * Opens the two models. No process starts before sound comes.
 *
 * What surrounds the models is tested with a made-up child; with real models it has not been run.
 *
 * @param threads of the child. Default 1.
 * @throws DubberError `engine_unavailable` when sherpa-onnx is not installed.
 */
export async function openDiarizer({
  segmentation,
  embedding,
  threads = 1,
}: {
  readonly segmentation: ModelFile;
  readonly embedding: ModelFile;
  readonly threads?: number;
}): Promise<Diarizer> {
  const host = await openSherpa(
    { task: "diarize", segmentation: segmentation.path, embedding: embedding.path, threads },
    { title: `The speaker model ${segmentation.name}` },
  );
  return {
    version: `${segmentation.name} ${embedding.name} ${host.version}`,
    diarize: (pieces, { speakers }, call) =>
      diarizeStretches(soundBlocks(pieces, lengths), host, speakers, call),
    close: () => host.close(),
    [Symbol.asyncDispose]: () => host.close(),
  };
}

/** One person's turns in one stretch. */
type Found = StretchSpeaker & { readonly turns: readonly { start: Seconds; end: Seconds }[] };

/**
 * Hears stretch after stretch, and links their speakers.
 *
 * @param host only its `ask` is used.
 */
export async function diarizeStretches(
  blocks: AsyncIterable<SoundBlock>,
  host: Pick<SherpaHost, "ask">,
  speakers: number | "auto",
  call?: Call,
): Promise<Diarization> {
  const found: Found[] = [];
  const count = speakers === "auto" ? undefined : speakers;
  let stretch = 0;
  for await (const { block, isOnly } of withOnly(blocks)) {
    // In a part of the sound not everybody need be speaking.
    const request = { samples: block.samples, ...(isOnly && count && { speakers: count }) };
    const { turns, prints } = (await host.ask(request, call)) as DiarizedSound;
    for (const [speaker, print] of prints.entries()) {
      const theirs = turns
        .filter((turn) => turn.speaker === speaker)
        .map(({ start, end }) => ({ start: block.from + start, end: block.from + end }));
      const seconds = theirs.reduce((sum, { start, end }) => sum + end - start, 0);
      // Who says too little for a print is known in a single stretch only.
      if (theirs.length > 0 && (isOnly || print.length > 0))
        found.push({ stretch, print, seconds, turns: theirs });
    }
    stretch += 1;
  }
  const people = linkSpeakers(found, {
    threshold: linkThreshold,
    ...(count !== undefined && { count }),
  });
  return numbered(people, found);
}

/** Numbers people in the order they first speak. */
function numbered(people: readonly LinkedSpeaker[], found: readonly Found[]): Diarization {
  const sorted = people
    .map(({ members, print }) => ({
      print,
      turns: members.flatMap((member) => found[member]?.turns ?? []),
    }))
    .toSorted((a, b) => firstStart(a.turns) - firstStart(b.turns));
  const turns = sorted.flatMap((person, speaker) =>
    person.turns.map(({ start, end }) => ({ start, end, speaker })),
  );
  return {
    turns: turns.toSorted((a, b) => a.start - b.start || a.end - b.end),
    prints: sorted.map(({ print }) => print),
  };
}

function firstStart(turns: readonly { readonly start: Seconds }[]): Seconds {
  return turns.reduce((first, { start }) => Math.min(first, start), Number.POSITIVE_INFINITY);
}

/** Says of every block whether it is the whole sound. */
async function* withOnly(
  blocks: AsyncIterable<SoundBlock>,
): AsyncGenerator<{ readonly block: SoundBlock; readonly isOnly: boolean }, void, void> {
  let first: SoundBlock | undefined;
  let count = 0;
  for await (const block of blocks) {
    count += 1;
    if (count === 1) {
      first = block;
      continue;
    }
    if (first !== undefined) yield { block: first, isOnly: false };
    first = undefined;
    yield { block, isOnly: false };
  }
  if (first !== undefined) yield { block: first, isOnly: true };
}
