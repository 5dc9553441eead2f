/** Keys and addresses of services, read from the variables the caller hands over; `process.env` is not looked at. */
import { DubberError } from "../core/error.ts";

export type Env = Readonly<Record<string, string | undefined>>;

/** How many calls at once are worth asking a service for, where nothing else is known. */
export const serviceLanes = 256;

/** A variable without the blanks around it; undefined when it is missing or empty. */
export function readVariable(env: Env, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === "" ? undefined : value;
}

/**
 * The key in a variable.
 *
 * @returns undefined when there is none and `isOptional`.
 * @throws DubberError `key_missing`; `key_refused` when it holds characters that no key has and no header may carry.
 */
export function readKey(
  env: Env,
  name: string,
  { title, isOptional = false }: { readonly title: string; readonly isOptional?: boolean },
): string | undefined {
  const key = readVariable(env, name);
  if (key === undefined) {
    if (isOptional) return undefined;
    throw new DubberError("key_missing", `${title} needs a key, and ${name} is not set.`, {
      hint: `Set ${name}, in the environment or in the file .env.`,
    });
  }
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new DubberError("key_refused", `${name} holds blanks or letters that no key has.`, {
    hint: `Copy the key into ${name} again.`,
  });
}

/**
 * The address in a variable.
 *
 * @returns undefined when it is not set.
 * @throws DubberError `invalid_options` when it is no http or https address.
 */
export function readAddress(env: Env, name: string): URL | undefined {
  const value = readVariable(env, name);
  if (value === undefined) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  // The value is not shown: it may have a password in it, or be a key in the wrong place.
  throw new DubberError("invalid_options", `${name} is no web address.`, {
    hint: `Write it as https://host or http://127.0.0.1:8000.`,
  });
}

/** An address as it may be shown and compared: without name, password, query and last slash. */
export function plainAddress({ origin, pathname }: URL): string {
  return `${origin}${pathname}`.replace(/\/+$/, "");
}

/** What lies below an address: `http://host/v1` and `models` → `http://host/v1/models`; its query is dropped. */
export function below(base: URL, path: string): URL {
  const url = new URL(base);
  url.search = "";
  url.hash = "";
  url.pathname = `${base.pathname.replace(/\/+$/, "")}/${path}`;
  return url;
}
