// Saves what is typed a moment after the last change, and says so.

import { newKey, send, SignedOut } from "./network";
import type { Values } from "./types";
import { clockTime, type Say } from "./words";

const QUIET_MS = 1200;
const RETRY_MS = 8000;

interface Place {
  url: string;
  csrf: () => string;
  locale: string;
  say: Say;
  status: HTMLElement | null;
  /** The values as they shall be kept, with references in place of chosen files. */
  values: () => Values;
}

export class Drafts {
  private timer: number | undefined;
  private running: Promise<void> | null = null;
  private dirty = false;
  private stopped = false;

  constructor(private readonly place: Place) {
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden" && this.dirty) void this.save(true);
    });
  }

  /** Something was typed. */
  touch(): void {
    if (this.stopped) return;
    this.dirty = true;
    this.show("unsaved", "text-secondary");
    this.later(QUIET_MS);
  }

  /** Save now and wait for it, for the button. */
  async now(): Promise<void> {
    this.dirty = true;
    await this.save(false);
  }

  /** The form has been submitted: save nothing any more. */
  async stop(): Promise<void> {
    this.stopped = true;
    window.clearTimeout(this.timer);
    await this.running;
  }

  /** The submission was refused: go on saving. */
  resume(): void {
    this.stopped = false;
  }

  private later(ms: number): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.save(false), ms);
  }

  private async save(keepalive: boolean): Promise<void> {
    window.clearTimeout(this.timer);
    if (this.running) await this.running;
    if (this.stopped || !this.dirty) return;
    this.running = this.store(keepalive);
    await this.running;
    this.running = null;
  }

  private async store(keepalive: boolean): Promise<void> {
    this.dirty = false;
    this.show("saving", "text-secondary");
    try {
      const answer = await send<{ saved_at: string }>({
        url: this.place.url,
        body: JSON.stringify({ data: this.place.values() }),
        key: newKey(),
        csrf: this.place.csrf(),
        json: true,
        keepalive,
      });
      const time = clockTime(answer.saved_at, this.place.locale);
      if (!this.dirty) this.show("saved", "text-secondary", { time });
    } catch (error) {
      this.dirty = true;
      this.show("save_failed", "text-danger");
      if (!(error instanceof SignedOut)) this.later(RETRY_MS);
    }
  }

  private show(key: string, tone: string, params: Record<string, string> = {}): void {
    const status = this.place.status;
    if (!status) return;
    status.className = `task-saved ${tone}`;
    status.dataset.state = key;
    status.textContent = this.place.say(key, params);
  }
}
