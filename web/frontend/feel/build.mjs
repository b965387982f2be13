// Builds engine/feel.bundle.js: both FEEL dialects in one script for the V8 isolate.
//
// `engine` is feelin with the patches of patches.mjs (one time zone, checked comparisons, cached
// parses); `form` is the fork that form-js runs in the browser, left exactly as it is.
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

import { patch } from "./patches.mjs";

const here = dirname(fileURLToPath(import.meta.url));

const patchFeelin = {
  name: "patch-feelin",
  setup(bundler) {
    bundler.onLoad({ filter: /node_modules[\\/]feelin[\\/]dist[\\/]index\.js$/ }, async (file) => ({
      contents: patch(await readFile(file.path, "utf8")),
      loader: "js",
    }));
  },
};

await build({
  entryPoints: [join(here, "src", "main.mjs")],
  outfile: join(here, "..", "..", "..", "engine", "feel.bundle.js"),
  bundle: true,
  format: "iife",
  globalName: "dayi",
  target: "es2022",
  minify: true,
  legalComments: "inline",
  logLevel: "warning",
  plugins: [patchFeelin],
});
