/** The `dubber` command: reads the arguments, hands over to one file per command, and says how it ended. */
import { Command, CommanderError } from "commander";
import { DubberError } from "../core/error.ts";
import { keepHeapSmall } from "../core/small-heap.ts";
import { version } from "../core/version.ts";
import type { Action } from "./command-context.ts";
import { documentedForm, isDocumentedForm } from "./documented-form.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { exitCodeOf, exitCodes } from "./exit-codes.ts";
import {
  addOutputFlags,
  addReportFlags,
  addReviewFlags,
  addSoundFlags,
  addStemsFlag,
  addStreamFlags,
  addTextFlags,
  addTimingFlags,
  addWorkFlags,
} from "./flags.ts";
import { type OutputFlags, openOutput } from "./output.ts";
import { currentFolder, typedPath, withTypedPaths } from "./paths.ts";
import { addServeFlags } from "./serve-flags.ts";
import {
  addBenchFlags,
  addCallFlags,
  addChatRateFlags,
  addEstimateFlags,
  addMaxCostFlags,
  addRateFlags,
  addSpeechFlags,
} from "./speech-flags.ts";
import {
  addGptFlags,
  addKnownVoicesFlags,
  addListeningFlags,
  addPolishFlags,
  addRewriteFlags,
  addTranslationFlags,
  addYoutubeFlags,
} from "./text-flags.ts";
import { addEngineFlags, addVoiceFlags } from "./voice-flags.ts";
import { type OutputStream, processWorld, type World } from "./world.ts";

type Values = Record<string, unknown>;
type Flags = (command: Command) => Command;

/**
 * Runs the command line.
 *
 * @param argv the arguments after the program's name.
 * @param world streams, variables, folder, signals and clock. Default: those of this process, which the command then takes for its own.
 * @returns the exit code; 0 done, 1 failed, 2 usage, 3 partial, 4 missing tool or key, 130 interrupted.
 */
export async function main(
  argv: readonly string[],
  world: World = processWorld(),
): Promise<number> {
  if (world.ownsProcess) keepHeapSmall();
  let exitCode = exitCodes.done;
  const given = normaliseFlags(argv);
  const isDocumented = isDocumentedForm(given);
  const program = buildProgram({ isDocumented, world }, (code) => {
    exitCode = code;
  });
  try {
    const args = isDocumented ? documentedForm(given, environmentOf(world)) : given;
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (error instanceof DubberError) {
      openOutput({ json: given.includes("--json") }, world).error(error);
      return exitCodeOf(error);
    }
    if (!(error instanceof CommanderError)) throw error;
    // Help and version end this way too, with code 0.
    if (error.exitCode === 0) return exitCodes.done;
    // Commander has told people; programs read one result, whatever happens.
    const message = error.message.replace(/^error: /, "");
    if (given.includes("--json"))
      openOutput({ json: true }, world).error(new DubberError("usage", message));
    return exitCodes.usage;
  }
  return exitCode;
}

/** @param isDocumented every stage takes the flags of all stages, as the one command of the guide did. */
function buildProgram(
  { isDocumented, world }: { readonly isDocumented: boolean; readonly world: World },
  onExit: (code: number) => void,
): Command {
  const program = new Command("dubber")
    .description("Makes a video speak another language: in sync, in tune, on this machine.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .showHelpAfterError("Try --help.")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void world.stdout.write(text),
      writeErr: (text) => void world.stderr.write(text),
      getOutHelpWidth: () => widthOf(world.stdout),
      getErrHelpWidth: () => widthOf(world.stderr),
    })
    .addHelpText("after", examples);

  function add(name: string, description: string, flags: readonly Flags[], load: Load): Command {
    const command = program.command(name).description(description);
    for (const addFlags of [...flags, addReportFlags]) addFlags(command);
    return command.action((...args: unknown[]) => {
      // Commander passes the command's arguments, then its options, then the command itself.
      const values = withTypedPaths(args.at(-2) as Values, world);
      const typed = args.slice(0, -2).flat() as string[];
      // The arguments of all commands but this one are files and folders.
      const isPaths = !name.startsWith("models ");
      const given = typed.map((one) =>
        isPaths && one !== undefined ? typedPath(one, world) : one,
      );
      return runCommand(given, values, load, { onExit, world });
    });
  }
  const stage = (...flags: readonly Flags[]): readonly Flags[] => [
    addWorkFlags,
    ...(isDocumented ? everything : flags),
  ];

  program.commandsGroup("Dub:");
  add(
    "dub <video...>",
    "dub videos: prep, synth, burn and youtube in one go",
    [addWorkFlags, ...everything],
    () => import("./commands/dub.ts").then(({ dubCommand }) => dubCommand),
  );
  add("demo", "dub the bundled example into Spanish and Russian", [], () =>
    import("./commands/demo.ts").then(({ demoCommand }) => demoCommand),
  ).option("--out <folder>", "where the results go", "dubber-demo");

  program.commandsGroup("Step by step:");
  add("prep <video...>", "find, hear or translate the text, for review", stage(...prepFlags), () =>
    import("./commands/dub.ts").then(({ prepCommand }) => prepCommand),
  );
  add("review <video>", "show or edit the text that will be spoken", [addReviewFlags], () =>
    import("./commands/review.ts").then(({ reviewCommand }) => reviewCommand),
  );
  add("synth <video...>", "speak and mix the reviewed text", stage(...synthFlags), () =>
    import("./commands/dub.ts").then(({ synthCommand }) => synthCommand),
  );
  add("burn <video...>", "put dub and subtitles into the video", stage(...burnFlags), () =>
    import("./commands/dub.ts").then(({ burnCommand }) => burnCommand),
  );
  add(
    "youtube <video...>",
    "write title, description, chapters and tags from the reviewed text",
    stage(...youtubeFlags),
    () => import("./commands/dub.ts").then(({ youtubeCommand }) => youtubeCommand),
  );

  program.commandsGroup("For programs:");
  add("serve", "run the HTTP API: speech, voices and dubs as tasks", [addServeFlags], () =>
    import("./commands/serve.ts").then(({ serveCommand }) => serveCommand),
  );

  program.commandsGroup("Around it:");
  const addLanguage: Flags = (command) =>
    command.option("--language <language>", "only voices that speak it (all)");
  add("voices", "list the voices", [addEngineFlags, addLanguage], () =>
    import("./commands/voices.ts").then(({ voicesCommand }) => voicesCommand),
  );
  add(
    "bench",
    "measure how fast your voice engine is at several limits",
    [addEngineFlags, addBenchFlags, addRateFlags],
    () => import("./commands/bench.ts").then(({ benchCommand }) => benchCommand),
  );
  add("models <action> [name...]", "list, pull, verify or remove local models", [], () =>
    import("./commands/models.ts").then(({ modelsCommand }) => modelsCommand),
  );
  add("doctor", "check tools, fonts, voices, services and disk, and say what mends them", [], () =>
    import("./commands/doctor.ts").then(({ doctorCommand }) => doctorCommand),
  );
  add("clean [video]", "remove the work directory of a video", [], () =>
    import("./commands/clean.ts").then(({ cleanCommand }) => cleanCommand),
  ).option("--workdir <folder>", "the work directory itself");
  return program;
}

const prepFlags: readonly Flags[] = [
  addTextFlags,
  addListeningFlags,
  addStreamFlags,
  addTranslationFlags,
  addGptFlags,
  addPolishFlags,
  addKnownVoicesFlags,
  addCallFlags,
  addEstimateFlags,
  addMaxCostFlags,
  addChatRateFlags,
];
const synthFlags: readonly Flags[] = [
  addVoiceFlags,
  addKnownVoicesFlags,
  addCallFlags,
  addSpeechFlags,
  addTranslationFlags,
  addRewriteFlags,
  addTimingFlags,
  addSoundFlags,
  addStreamFlags,
  addStemsFlag,
  addEstimateFlags,
  addMaxCostFlags,
  addRateFlags,
  addChatRateFlags,
];
const burnFlags: readonly Flags[] = [addOutputFlags, addStemsFlag];
const youtubeFlags: readonly Flags[] = [
  addYoutubeFlags,
  addGptFlags,
  addMaxCostFlags,
  addChatRateFlags,
];
/** Each once, though several stages take it. */
const everything = [...new Set([...prepFlags, ...synthFlags, ...burnFlags, ...youtubeFlags])];

type Load = () => Promise<Action>;

/** Where no terminal says how wide it is. */
const plainColumns = 80;

async function runCommand(
  args: readonly string[],
  values: Values,
  load: Load,
  { onExit, world }: { readonly onExit: (code: number) => void; readonly world: World },
): Promise<void> {
  const output = openOutput(values as OutputFlags, world);
  const interruption = new AbortController();
  let interruptedAt = 0;
  function interrupt(): void {
    // The second Ctrl-C is for those who cannot wait; the directory resumes from there as well. One that comes at once is the
    // first again: a terminal and a parent process may both pass it on.
    const isSecond = interruption.signal.aborted && world.now() - interruptedAt > 500;
    if (isSecond) world.exit(exitCodes.interrupted);
    if (!interruption.signal.aborted) interruptedAt = world.now();
    interruption.abort();
  }
  const stopListening = world.onInterrupt(interrupt);
  try {
    const action = await load();
    const env = environmentOf(world);
    onExit(await action(args, values, { output, signal: interruption.signal, env, world }));
  } catch (caught) {
    // A terminal interrupts the children too: what they failed with then is not what happened.
    const error = interruption.signal.aborted ? interruption.signal.reason : caught;
    output.error(error);
    onExit(exitCodeOf(error));
  } finally {
    stopListening();
  }
}

function environmentOf(world: World): Environment {
  return readEnvironment({ own: world.env, folder: currentFolder(world) });
}

/** Columns of a terminal; commander's own default elsewhere. */
function widthOf({ isTTY, columns }: OutputStream): number {
  return isTTY === true && columns !== undefined ? columns : plainColumns;
}

/** Both spellings of a flag are taken: `--align_mode` is `--align-mode`. */
function normaliseFlags(argv: readonly string[]): string[] {
  const end = argv.indexOf("--");
  return argv.map((argument, index) => {
    if (!argument.startsWith("--") || (end >= 0 && index >= end)) return argument;
    const [name = "", ...value] = argument.split("=");
    return [name.replaceAll("_", "-"), ...value].join("=");
  });
}

const examples = `
Examples:
  dubber demo                                    see and hear it first
  dubber dub talk.mp4 --to es,ru --stt openai --translate
  dubber dub talk.mp4 --subs talk.es.srt --to es
  dubber dub talk.mkv --to ru --keep-original    Russian subtitles are in the file
  dubber dub talk.mp4 --to es --tts-provider openai --max-concurrent 8
  dubber prep talk.mp4 --subs talk.es.srt --to es && dubber review talk.mp4 --to es --edit
  dubber synth talk.mp4 --to es && dubber burn talk.mp4 --to es

\`dubber <command> --help\` shows a command's options. Run a command again and it goes on where it stopped.`;
