// Talks to the server: one key for one intention, kept over a failed network.

import type { PageData, Refusal } from "./types";

export class Offline extends Error {}
export class SignedOut extends Error {}
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly refusal: Refusal,
  ) {
    super(refusal.message);
  }
}

/** A random key; `crypto.randomUUID` would be missing on a page without TLS. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export interface Sending {
  url: string;
  body: BodyInit;
  key: string;
  csrf: string;
  json: boolean;
  keepalive?: boolean;
}

async function request(sending: Sending): Promise<Response> {
  const headers: Record<string, string> = {
    Accept: "application/json",
    "X-CSRFToken": sending.csrf,
    "X-CSRF-Token": sending.csrf,
    "Idempotency-Key": sending.key,
    "X-Requested-With": "fetch",
  };
  if (sending.json) headers["Content-Type"] = "application/json";
  try {
    return await fetch(sending.url, {
      method: "POST",
      body: sending.body,
      headers,
      credentials: "same-origin",
      redirect: "manual",
      keepalive: sending.keepalive ?? false,
    });
  } catch {
    throw new Offline();
  }
}

async function refusalOf(response: Response): Promise<Refusal> {
  try {
    return (await response.json()) as Refusal;
  } catch {
    return { code: `http_${response.status}`, message: `HTTP ${response.status}` };
  }
}

/** Send and return the JSON answer; throws Offline, SignedOut or Refused. */
export async function send<Answer>(sending: Sending): Promise<Answer> {
  const response = await request(sending);
  // A redirect can only be the way to the sign-in page.
  if (response.type === "opaqueredirect" || response.status === 401) throw new SignedOut();
  if (response.status === 502 || response.status === 503 || response.status === 504) {
    throw new Offline();
  }
  if (!response.ok) {
    const refusal = await refusalOf(response);
    if (refusal.code === "csrf_failed" || refusal.code === "csrf") throw new SignedOut();
    throw new Refused(response.status, refusal);
  }
  if (response.status === 204) return {} as Answer;
  return (await response.json()) as Answer;
}

/** Fetch this page again for a token of the present session; null while signed out. */
export async function freshToken(): Promise<string | null> {
  const response = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
  if (response === null || !response.ok || response.redirected) return null;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const script = page.getElementById("task-form-data");
  if (script === null) return null;
  return (JSON.parse(script.textContent ?? "{}") as PageData).csrf;
}
