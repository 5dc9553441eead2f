/** Which services are set up to speak, to listen and to translate, as the variables say. Nobody is asked, and no key is shown. */
import type { Check } from "./check.ts";
import { type Environment, settingOf } from "./environment.ts";

type Service = {
  readonly name: string;
  readonly keyVariable?: string;
  readonly urlVariable: string;
  /** Where it is when the variable says nothing. */
  readonly usualUrl?: string;
};

const openai: Service = {
  name: "openai",
  keyVariable: "OPENAI_API_KEY",
  urlVariable: "OPENAI_BASE_URL",
  usualUrl: "https://api.openai.com/v1",
};

const services: readonly Service[] = [
  openai,
  {
    name: "elevenlabs",
    keyVariable: "ELEVENLABS_API_KEY",
    urlVariable: "ELEVENLABS_BASE_URL",
    usualUrl: "https://api.elevenlabs.io",
  },
  { name: "cosyvoice", urlVariable: "COSYVOICE_URL" },
];

/** What listens and translates: openai's, unless it has an address of its own. */
const textServices = [
  { name: "listening", prefix: "STT", use: "--stt openai" },
  { name: "language model", prefix: "CHAT", use: "--translate" },
] as const;

/** One check for each service; what is not set up is `unused`, an address that cannot be one `limited`. */
export function checkServices(env: Environment): readonly Check[] {
  return [
    ...services.map((service) => checkService(service, env)),
    ...textServices.map((service) => checkTextService(service, env)),
  ];
}

function checkTextService(
  { name, prefix, use }: (typeof textServices)[number],
  env: Environment,
): Check {
  const [urlVariable, keyVariable] = [`${prefix}_BASE_URL`, `${prefix}_API_KEY`];
  if (settingOf(env, urlVariable) !== undefined) {
    return checkService({ name, urlVariable, keyVariable }, env);
  }
  const usual = checkService(openai, env);
  if (usual.state === "ok") return { name, state: "ok", found: `openai: ${usual.found}` };
  const mend = `For ${use}, set OPENAI_API_KEY, or ${urlVariable} for a server of its own.`;
  return { name, state: "unused", found: usual.found, mend };
}

function checkService(
  { name, keyVariable, urlVariable, usualUrl }: Service,
  env: Environment,
): Check {
  const given = settingOf(env, urlVariable);
  const url = given === undefined ? usualUrl : plainUrl(given);
  const key = keyVariable === undefined ? undefined : settingOf(env, keyVariable);
  if (given !== undefined && url === undefined) {
    const mend = "Write it as https://host or http://127.0.0.1:8000.";
    return { name, state: "limited", found: `${urlVariable} is no web address`, mend };
  }
  if (
    url === undefined ||
    (keyVariable !== undefined && key === undefined && given === undefined)
  ) {
    const missing = keyVariable ?? urlVariable;
    const mend = `For --tts-provider ${name}, set ${missing} in the environment or in .env.`;
    return { name, state: "unused", found: `${missing} is not set`, mend };
  }
  const words = keyVariable === undefined ? [] : [key === undefined ? "no key" : "key set"];
  return { name, state: "ok", found: [...words, url].join(", ") };
}

/** Without name, password and query; undefined for what is no address of the web. */
function plainUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, origin, pathname } = new URL(text);
  if (protocol !== "http:" && protocol !== "https:") return undefined;
  return `${origin}${pathname}`.replace(/\/+$/, "");
}
