// What the server gives to this island and what it answers.

export type Values = Record<string, unknown>;

export interface StoredFile {
  id: string;
  name: string;
  size: number;
  url: string;
}

export interface PageData {
  schema: object;
  data: Values;
  draft: { data: Values; saved_at: string } | null;
  action: string;
  draft_url: string | null;
  files_url: string | null;
  files: StoredFile[];
  csrf: string;
  key: string;
  locale: string;
  sign_in: string;
  read_only: boolean;
}

/** One problem of one field as the server tells it; `message` is already in the reader's language. */
export interface Problem {
  code: string;
  message?: string;
}

export interface Refusal {
  code: string;
  message: string;
  problems?: Record<string, Problem[]>;
  reference?: string;
  next?: string;
}

/** The part of form-js that is used here; its own types are mostly `any`. */
export interface FieldInstance {
  id: string;
  valuePath: (string | number)[];
  indexes?: Record<string, number>;
}

export type Errors = Record<string, unknown>;
