// Which idempotency key belongs to which content: the same content keeps its key over failures.

import { newKey } from "./network";

export class Attempt {
  private body: string | null = null;

  constructor(private key: string) {}

  /** The key under which to send this body; a changed body is another intention. */
  keyFor(body: string): string {
    if (this.body !== null && this.body !== body) this.key = newKey();
    this.body = body;
    return this.key;
  }

  /** The server has answered for good: the next try is a new intention. */
  settled(): void {
    this.key = newKey();
    this.body = null;
  }
}
