/** The library's jobs as programs call them, with tools, voice and threads that are opened once for all tests: see `opened-once.ts`. */
import * as library from "../../src/index.ts";
import { openedOnce } from "./opened-once.ts";

type Begin = typeof library.dub;
const openers = openedOnce;

const withOpened =
  (begin: Begin): Begin =>
  (options, context = {}) =>
    begin(options, { openers, ...context });

export const dub = withOpened(library.dub);
export const prep = withOpened(library.prep);
export const synth = withOpened(library.synth);
export const burn = withOpened(library.burn);
export const youtube = withOpened(library.youtube);
export const estimate: typeof library.estimate = (options, context = {}) =>
  library.estimate(options, { openers, ...context });
export const prepareSetup: typeof library.prepareSetup = (options) =>
  library.prepareSetup({ openers, ...options });
