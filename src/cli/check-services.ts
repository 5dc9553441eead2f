/** Which voice services are set up, as the variables say. Nobody is asked, and no key is shown. */
import type { Check } from "./check.ts";
import { type Environment, settingOf } from "./environment.ts";

type Service = {
  readonly name: string;
  readonly keyVariable?: string;
  readonly urlVariable: string;
  /** Where it is when the variable says nothing. */
  readonly usualUrl?: string;
};

const services: readonly Service[] = [
  {
    name: "openai",
    keyVariable: "OPENAI_API_KEY",
    urlVariable: "OPENAI_BASE_URL",
    usualUrl: "https://api.openai.com/v1",
  },
  {
    name: "elevenlabs",
    keyVariable: "ELEVENLABS_API_KEY",
    urlVariable: "ELEVENLABS_BASE_URL",
    usualUrl: "https://api.elevenlabs.io",
  },
  { name: "cosyvoice", urlVariable: "COSYVOICE_URL" },
];

/** One check for each service; what is not set up is `unused`, an address that cannot be one `limited`. */
export function checkServices(env: Environment): readonly Check[] {
  return services.map((service) => checkService(service, env));
}

function checkService({ name, keyVariable, urlVariable, usualUrl }: Service, env: Environment) {
  const given = settingOf(env, urlVariable);
  const url = given === undefined ? usualUrl : plainUrl(given);
  const key = keyVariable === undefined ? undefined : settingOf(env, keyVariable);
  if (given !== undefined && url === undefined) {
    const mend = "Write it as https://host or http://127.0.0.1:8000.";
    return { name, state: "limited", found: `${urlVariable} is no web address`, mend } as const;
  }
  if (
    url === undefined ||
    (keyVariable !== undefined && key === undefined && given === undefined)
  ) {
    const missing = keyVariable ?? urlVariable;
    const mend = `For --tts-provider ${name}, set ${missing} in the environment or in .env.`;
    return { name, state: "unused", found: `${missing} is not set`, mend } as const;
  }
  const words = keyVariable === undefined ? [] : [key === undefined ? "no key" : "key set"];
  return { name, state: "ok", found: [...words, url].join(", ") } as const;
}

/** Without name, password and query; undefined for what is no address of the web. */
function plainUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, origin, pathname } = new URL(text);
  if (protocol !== "http:" && protocol !== "https:") return undefined;
  return `${origin}${pathname}`.replace(/\/+$/, "");
}
