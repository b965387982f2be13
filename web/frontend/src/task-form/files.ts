// Chosen files go to the server at once before the submission; the form then refers to them.

import type { Form } from "@bpmn-io/form-js-viewer";
import { newKey, send } from "./network";
import type { StoredFile, Values } from "./types";

interface Registry {
  getAllFiles(): Map<string, File[]>;
  setFiles(key: string, files: File[]): void;
  hasKey(key: string): boolean;
}

const PREFIX = "files::";

export class Uploads {
  /** form-js's key of a choice → the references that the server gave. */
  private readonly references = new Map<string, { files: File[]; ids: string[] }>();
  private readonly registry: Registry;

  constructor(
    form: Form,
    private readonly stored: StoredFile[],
  ) {
    this.registry = form.get("fileRegistry") as Registry;
  }

  /** Make the references in restored values known to form-js, or it would drop them. */
  restore(values: Values): void {
    for (const value of strings(values)) {
      const names = this.stored.filter((file) => value.split(",").includes(file.id));
      if (!names.length || this.registry.hasKey(value)) continue;
      const files = names.map((file) => new File([], file.name));
      this.registry.setFiles(value, files);
      this.references.set(value, { files, ids: value.split(",") });
    }
  }

  /** Chosen files that the server does not have yet. */
  pending(): [string, File[]][] {
    return [...this.registry.getAllFiles()].filter(([key, files]) => {
      const known = this.references.get(key);
      return !known || known.files.some((file, index) => file !== files[index]) ||
        known.files.length !== files.length;
    });
  }

  /** Send what is pending; `progress` hears the number of the file and of all. */
  async send(
    url: string,
    csrf: string,
    progress: (n: number, total: number) => void,
  ): Promise<void> {
    const pending = this.pending();
    const total = pending.reduce((sum, [, files]) => sum + files.length, 0);
    let n = 0;
    for (const [key, files] of pending) {
      const ids: string[] = [];
      for (const file of files) {
        progress(++n, total);
        const body = new FormData();
        body.set("file", file, file.name);
        const answer = await send<StoredFile>({ url, body, csrf, key: newKey(), json: false });
        ids.push(answer.id);
      }
      this.references.set(key, { files, ids });
    }
  }

  /** The values with references instead of form-js's keys; a choice not sent yet is left out. */
  resolve(values: Values): Values {
    return deep(values, (text) => {
      const known = this.references.get(text);
      if (known) return known.ids.join(",");
      return text.startsWith(PREFIX) ? null : text;
    }) as Values;
  }
}

function* strings(value: unknown): Generator<string> {
  if (typeof value === "string") yield value;
  else if (Array.isArray(value)) for (const item of value) yield* strings(item);
  else if (value && typeof value === "object") {
    for (const item of Object.values(value)) yield* strings(item);
  }
}

function deep(value: unknown, change: (text: string) => string | null): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => deep(item, change));
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, deep(item, change)]));
  }
  return value;
}
