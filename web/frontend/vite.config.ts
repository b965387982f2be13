// One entry for each folder under src/ that has an index.ts; Flask reads the manifest.
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = fileURLToPath(new URL(".", import.meta.url));

const entries = Object.fromEntries(
  readdirSync(`${here}src`)
    .filter((name) => existsSync(`${here}src/${name}/index.ts`))
    .map((name) => [name, `${here}src/${name}/index.ts`]),
);

export default defineConfig({
  root: here,
  base: "/static/dist/",
  publicDir: false,
  build: {
    outDir: `${here}../static/dist`,
    emptyOutDir: true,
    manifest: "manifest.json",
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000,
    // htmx holds an eval for attributes that we never use: its switch is off in base.html, and
    // the content security policy forbids it.
    rolldownOptions: { input: entries, checks: { eval: false } },
  },
});
