import { createHash } from 'node:crypto';
import type { Archive, Clock } from '#contracts/ports.ts';
import type { TextRef } from '#domain/disclosure.ts';
import type { Instant } from '#domain/instant.ts';
import { archiveKey, inbox } from '#domain/intake.ts';

/** Raw mails, texts and downloads in memory. Keys are whole object keys (`in/…`, `mail/yyyy/mm/…`, `text/…`). */
export class InMemoryArchive implements Archive {
  readonly #clock: Clock;
  readonly #objects = new Map<string, { body: Uint8Array | (() => Uint8Array); at: Instant }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What SES does: puts a raw mail into the inbox. A large corpus gives what reads it. */
  receive(mailKey: string, raw: Uint8Array | (() => Uint8Array)): void {
    this.#objects.set(`${inbox}${mailKey}`, { body: raw, at: this.#clock.now() });
  }
  #bytes(key: string): Uint8Array | undefined {
    const body = this.#objects.get(key)?.body;
    return typeof body === 'function' ? body() : body;
  }
  /** Every object key there is, sorted. */
  keys(): readonly string[] {
    return [...this.#objects.keys()].sort();
  }

  async rawMail(key: string, maxBytes?: number) {
    return this.#bytes(key)?.slice(0, maxBytes);
  }
  async file(key: string, receivedAt: Instant) {
    const to = archiveKey(key.slice(key.lastIndexOf('/') + 1), receivedAt);
    const object = this.#objects.get(key);
    if (object && key !== to) {
      this.#objects.set(to, object);
      this.#objects.delete(key);
    } else if (!this.#objects.has(to)) throw new RangeError(`neither ${key} nor ${to} is there`);
    return to;
  }
  async inbox(limit: number) {
    return [...this.#objects]
      .filter(([key]) => key.startsWith(inbox))
      .map(([key, { at }]) => ({ key, at, size: this.#bytes(key)?.length ?? 0 }))
      .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.key < b.key ? -1 : 1))
      .slice(0, limit);
  }
  async remove(keys: readonly string[]) {
    for (const key of keys) this.#objects.delete(key);
  }
  async putText(text: string): Promise<TextRef> {
    const body = new TextEncoder().encode(text);
    const sha256 = createHash('sha256').update(body).digest('hex');
    const key = `text/${sha256}`;
    this.#objects.set(key, { body, at: this.#clock.now() });
    return { key, sha256 };
  }
  async text(ref: TextRef) {
    const body = this.#bytes(ref.key);
    return body && new TextDecoder().decode(body);
  }
  async putDerived(name: string, body: Uint8Array) {
    const key = `derived/${name}`;
    this.#objects.set(key, { body, at: this.#clock.now() });
    return key;
  }
  async downloadUrl(key: string, fileName: string) {
    return `https://archive.test/${key}?name=${encodeURIComponent(fileName)}`;
  }
}
