// Builds engine/feel.bundle.js: both FEEL dialects in one script for the V8 isolate.
//
// `engine` is feelin with the patches of patches.mjs (one time zone, checked comparisons, cached
// parses); `form` is the fork that form-js runs in the browser, left exactly as it is.
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

import { listBuiltins, patch } from "./patches.mjs";

const here = dirname(fileURLToPath(import.meta.url));

const edits = [
  [/node_modules[\\/]feelin[\\/]dist[\\/]index\.js$/, patch],
  [/node_modules[\\/]@bpmn-io[\\/]feelin[\\/]dist[\\/]index\.js$/, listBuiltins],
];

const editSources = {
  name: "edit-sources",
  setup(bundler) {
    for (const [filter, edit] of edits) {
      bundler.onLoad({ filter }, async (file) => ({
        contents: edit(await readFile(file.path, "utf8")),
        loader: "js",
      }));
    }
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
  plugins: [editSources],
});
