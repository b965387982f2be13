// Puts the two weights that our PDF files are set in beside the typesetter.
import { copyFileSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const from = `${here}node_modules/@embedpdf/fonts-sc/fonts/`;
const to = `${here}../../domain/documents/fonts/`;

mkdirSync(to, { recursive: true });
for (const weight of ["Regular", "Bold"]) {
  copyFileSync(`${from}NotoSansHans-${weight}.otf`, `${to}NotoSansHans-${weight}.otf`);
}
