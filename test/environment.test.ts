/** Where keys and settings come from, which one wins, and that no key comes out again. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readEnvironment } from "../src/cli/environment.ts";
import { makeOnnx } from "../src/models/testing/onnx.ts";
import { dubber } from "./support/command.ts";
import { quickMix } from "./support/dub.ts";
import { openSpeechBench, type SpeechBench, secretKey, texts } from "./support/speech-bench.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-env-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A folder with this `.env`. */
async function folderWith(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, ".env"), content);
  return path;
}

describe("variables", () => {
  it("come from the process before the folder's .env before the checkout's", async () => {
    const here = await folderWith("here", "TTS_PROVIDER=openai\nTTS_MODEL=tts-1\n");
    const checkout = await folderWith("checkout", "TTS_MODEL=other\nMAX_CONCURRENT=3\n");
    const own = { TTS_PROVIDER: "elevenlabs", HOME: "/home/me" };
    expect(readEnvironment({ own, folder: here, project: checkout })).toEqual({
      ...{ TTS_PROVIDER: "elevenlabs", HOME: "/home/me" },
      ...{ TTS_MODEL: "tts-1", MAX_CONCURRENT: "3" },
    });
    expect(process.env.TTS_MODEL).not.toBe("tts-1");
  });

  it("may be followed by a remark, quoted, and exported", async () => {
    const content =
      'MAX_CONCURRENT=5  # Default concurrent requests\nexport OPENAI_TTS_INSTRUCTIONS="Speak\nslowly."\n';
    const here = await folderWith("spelled", content);
    expect(readEnvironment({ own: {}, folder: here, project: undefined })).toEqual({
      ...{ MAX_CONCURRENT: "5", OPENAI_TTS_INSTRUCTIONS: "Speak\nslowly." },
    });
  });

  it("that choose programs do not count in a .env", async () => {
    const here = await folderWith("foreign", "FFMPEG_PATH=./evil\nPATH=.\nNODE_OPTIONS=-r x\n");
    expect(readEnvironment({ own: {}, folder: here, project: undefined })).toEqual({});
  });

  it("send a key only to an address of the same .env or of the process's own", async () => {
    const key = { OPENAI_API_KEY: "sk-mine" };
    const address = "OPENAI_BASE_URL=http://127.0.0.1:9/v1\n";
    const keyIn = async (own: Record<string, string>, name: string, content: string) => {
      const here = await folderWith(name, content);
      return readEnvironment({ own, folder: here, project: undefined }).OPENAI_API_KEY;
    };
    expect(await keyIn(key, "trap", address)).toBeUndefined();
    expect(await keyIn({}, "both", `${address}OPENAI_API_KEY=sk-theirs\n`)).toBe("sk-theirs");
    expect(await keyIn({ ...key, OPENAI_BASE_URL: "http://h" }, "own", address)).toBe("sk-mine");
    expect(await keyIn(key, "none", "TTS_PROVIDER=openai\n")).toBe("sk-mine");
  });

  it.each(["STT", "CHAT"])("hold to that for %s as well", async (service) => {
    const own = { OPENAI_API_KEY: "sk-mine", [`${service}_API_KEY`]: "sk-mine" };
    const address = `${service}_BASE_URL=http://127.0.0.1:9/v1\n`;
    const trap = readEnvironment({
      ...{ own, project: undefined },
      folder: await folderWith(`trap-${service}`, address),
    });
    expect(trap[`${service}_BASE_URL`]).toBe("http://127.0.0.1:9/v1");
    expect(trap[`${service}_API_KEY`]).toBeUndefined();
    // The voices' own address is nobody's trap.
    expect(trap.OPENAI_API_KEY).toBe("sk-mine");
    const theirs = readEnvironment({
      ...{ own: {}, project: undefined },
      folder: await folderWith(`own-${service}`, `${address}${service}_API_KEY=sk-theirs\n`),
    });
    expect(theirs[`${service}_API_KEY`]).toBe("sk-theirs");
  });

  it("name who listens and translates, but not where models are or come from", async () => {
    const content =
      "STT_PROVIDER=openai\nTRANSLATE=1\nTRANSLATION_MODEL=m\nGPT_MODEL=g\nDUBBER_MODELS=/x\nDUBBER_MODELS_URL=http://x\n";
    const here = await folderWith("texts", content);
    expect(readEnvironment({ own: {}, folder: here, project: undefined })).toEqual({
      ...{ STT_PROVIDER: "openai", TRANSLATE: "1", TRANSLATION_MODEL: "m", GPT_MODEL: "g" },
    });
  });

  it("are not looked for in a folder named .env", async () => {
    await mkdir(join(folder, "python/.env"), { recursive: true });
    expect(
      readEnvironment({ own: {}, folder: join(folder, "python"), project: undefined }),
    ).toEqual({});
  });

  it("of the example all count, and the example sets none", async () => {
    const example = await readFile(join(import.meta.dirname, "../.env.example"), "utf8");
    const plain = await folderWith("example", example);
    expect(readEnvironment({ own: {}, folder: plain, project: undefined })).toEqual({});
    const names = [...example.matchAll(/^# ([A-Z_]+)=/gm)].map(([, name]) => name as string);
    const full = await folderWith("full", names.map((name) => `${name}=x`).join("\n"));
    const counted = Object.keys(readEnvironment({ own: {}, folder: full, project: undefined }));
    expect(counted.toSorted()).toEqual(names.toSorted());
    expect(names.length).toBeGreaterThan(12);
  });
});

describe("the command", () => {
  let bench: SpeechBench;
  const unset = (...names: string[]): Record<string, undefined> =>
    Object.fromEntries(names.map((name) => [name, undefined]));
  const settings = ["OPENAI_API_KEY", "OPENAI_BASE_URL", "TTS_PROVIDER", "MAX_CONCURRENT"];
  const synth = ["synth", "talk.mp4", "--to", "es", "--workdir", "work", "--force", "synth"];
  const lines = [...synth, "--align-mode", "segment", ...quickMix, "--json"];
  beforeAll(async () => {
    bench = await openSpeechBench();
    const { OPENAI_API_KEY, OPENAI_BASE_URL } = bench.env;
    const keys = `OPENAI_API_KEY=${OPENAI_API_KEY}\nOPENAI_BASE_URL=${OPENAI_BASE_URL}\n`;
    await writeFile(bench.at(".env"), `${keys}TTS_PROVIDER=openai\nMAX_CONCURRENT=2\n`);
  });
  beforeEach(() => {
    bench.behaviour = { latencyMs: () => 200 };
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  it("takes key, address, engine and limit from .env", async () => {
    const { code, asked, mostInFlight } = await bench.run(lines, unset(...settings));
    expect({ code, asked: asked.length, mostInFlight }).toEqual({
      ...{ code: 0, asked: texts.length, mostInFlight: 2 },
    });
  });

  it("takes the environment before .env, and a flag before both", async () => {
    const env = { ...unset(...settings), MAX_CONCURRENT: "1" };
    expect((await bench.run(lines, env)).mostInFlight).toBe(1);
    const flag = ["--max-concurrent", "4"];
    expect((await bench.run([...lines, ...flag], env)).mostInFlight).toBeGreaterThan(2);
  });

  it("speaks with the local voice when an empty variable hides the one in .env", async () => {
    const { code, asked } = await bench.run(lines, { ...unset(...settings), TTS_PROVIDER: "" });
    expect({ code, asked }).toEqual({ code: 0, asked: [] });
  });

  it("names a variable whose value cannot be used, and asks nobody", async () => {
    const { code, asked, result } = await bench.run(lines, { MAX_CONCURRENT: "many" });
    expect({ code, asked, error: result.error }).toEqual({
      ...{ code: 2, asked: [] },
      error: expect.objectContaining({
        message: 'MAX_CONCURRENT is "many"; it takes a whole number from 1 to 1000, or auto.',
      }),
    });
  });

  it("shows a key nowhere: not on screen, not in events, logs, plans or reports", async () => {
    const openai = [...lines, "--tts-provider", "openai", "--verbose"];
    const people = openai.filter((one) => one !== "--json");
    const seen: string[] = [];
    for (const env of [{}, { OPENAI_API_KEY: `${secretKey}-wrong` }]) {
      for (const args of [openai, people]) {
        const { stdout, stderr, asked, lookups } = await bench.run(args, env);
        expect(lookups).toBe(1);
        const isRight = Object.keys(env).length === 0;
        expect(JSON.stringify(asked[0]?.headers ?? "").includes(secretKey)).toBe(isRight);
        seen.push(stdout, stderr);
      }
    }
    seen.push((await bench.run(["doctor", "--verbose"])).stderr);
    await rm(bench.at(".env"));
    for (const name of await readdir(bench.at("."), { recursive: true })) {
      const content = await readFile(bench.at(name)).catch(() => Buffer.alloc(0));
      expect({ name, hasKey: content.includes(secretKey) }).toEqual({ name, hasKey: false });
    }
    expect(seen.join("\n")).toContain("openai");
    expect(seen.join("\n")).not.toContain(secretKey);
  });
});

describe("doctor", () => {
  it("says which services are set up and where they are, without asking them", async () => {
    const env = {
      OPENAI_API_KEY: secretKey,
      ELEVENLABS_API_KEY: secretKey,
      ELEVENLABS_BASE_URL: "http://me:pass@127.0.0.1:9/eleven/?token=1",
      COSYVOICE_URL: "localhost:50000",
    };
    const { code, stdout } = await dubber(["doctor", "--json"], { env });
    const { checks } = JSON.parse(stdout) as { checks: readonly { name: string }[] };
    const services = checks.filter(({ name }) => /^(openai|elevenlabs|cosyvoice)$/.test(name));
    expect({ code, services }).toEqual({
      code: 0,
      services: [
        { name: "openai", state: "ok", found: "key set, https://api.openai.com/v1" },
        { name: "elevenlabs", state: "ok", found: "key set, http://127.0.0.1:9/eleven" },
        expect.objectContaining({ name: "cosyvoice", state: "limited" }),
      ],
    });
    expect(stdout).not.toContain(secretKey);
  });

  it("says who listens and translates, and where", async () => {
    const env = {
      ...{ OPENAI_API_KEY: secretKey, STT_BASE_URL: "http://127.0.0.1:9/v1" },
      ...{ CHAT_BASE_URL: "nowhere" },
    };
    const { stderr } = await dubber(["doctor"], { env });
    expect(stderr).toMatch(/✓ listening +no key, http:\/\/127\.0\.0\.1:9\/v1\n/);
    expect(stderr).toMatch(/! language model CHAT_BASE_URL is no web address\n/);
    const usual = await dubber(["doctor"], { env: { OPENAI_API_KEY: secretKey } });
    expect(usual.stderr).toMatch(/✓ listening +openai: key set, https:\/\/api\.openai\.com\/v1\n/);
    expect(stderr + usual.stderr).not.toContain(secretKey);
  });

  it("says which models are installed and what fetches one, as nothing that is missing", async () => {
    const models = join(folder, "models");
    const names = ["recogniser", "voice activity", "speakers"];
    const look = async () => {
      const { code, stdout } = await dubber(["doctor", "--json"], {
        env: { DUBBER_MODELS: models },
      });
      const { checks } = JSON.parse(stdout) as { checks: readonly { name: string }[] };
      return { code, checks: checks.filter(({ name }) => names.includes(name)) };
    };
    expect(await look()).toEqual({
      code: 0,
      checks: names.map((name) => ({
        ...{ name, state: "unused", found: "no model is installed" },
        mend: expect.stringContaining("dubber models pull "),
      })),
    });
    await mkdir(models, { recursive: true });
    const file = { role: "model", path: "vad.onnx", url: "http://127.0.0.1:9/vad.onnx" };
    const entry = {
      ...{ name: "my-vad", kind: "vad", family: "silero", licence: "MIT", languages: [] },
      ...{ about: "One of my own.", files: [file] },
    };
    await writeFile(join(models, "models.json"), JSON.stringify([entry]));
    await mkdir(join(models, "my-vad"), { recursive: true });
    await writeFile(join(models, "my-vad/vad.onnx"), "whatever is in it");
    const verify = () => dubber(["models", "verify", "my-vad"], { env: { DUBBER_MODELS: models } });
    await verify();
    expect((await look()).checks[1]).toMatchObject({
      ...{ state: "limited", found: "my-vad is damaged" },
    });
    await writeFile(join(models, "my-vad/vad.onnx"), makeOnnx());
    await verify();
    expect((await look()).checks[1]).toMatchObject({ state: "ok", found: "my-vad" });
  });

  it("tells whether the library for local models loads", async () => {
    const { stderr } = await dubber(["doctor"]);
    expect(stderr).toMatch(/✓ local models +sherpa-onnx-node \d+\.\d+\.\d+\n/);
  });

  it("says how to set one up, and is content without", async () => {
    const { code, stderr } = await dubber(["doctor"]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/– openai +OPENAI_API_KEY is not set/);
    expect(stderr).toMatch(/→ For --tts-provider cosyvoice, set COSYVOICE_URL/);
  });
});
