/** Property tests draw the same examples every time; with SOAK=1 they draw new ones. */
import fc from "fast-check";

if (process.env.SOAK === undefined) fc.configureGlobal({ seed: 20_260_101 });
