/** One attachment as a page lists it. Its bytes stay in the raw mail until somebody asks for them. */
export interface MailAttachment {
  /** Its place in the mail, by which it is extracted. */
  readonly index: number;
  /** Sanitised; what the sender called it, or `attachment-3`. */
  readonly name: string;
  /** As the sender states it, in lower case; a download is always octet-stream. */
  readonly type: string;
  readonly size: number;
  readonly sha256: string;
}

/** What a parser makes of a raw mail, bounded and fit for showing as text. */
export interface MailParts {
  /** Plain text, made from the HTML part where there is no other; ≤256 KB; sanitised. */
  readonly text: string;
  /** There is more text than is shown: it is in the raw mail. */
  readonly cut: boolean;
  readonly fromHtml: boolean;
  /** The first 100. */
  readonly attachments: readonly MailAttachment[];
  /** How many more there are. */
  readonly unlisted: number;
}

/** Why a mail could not be parsed. The mail itself is untouched; nothing of it is in the message. */
export class Unparsable extends Error {
  override readonly name = 'Unparsable';
  readonly reason: 'time' | 'memory' | 'crash' | 'malformed' | 'too-large' | 'no-such-attachment';
  constructor(reason: Unparsable['reason'], options?: ErrorOptions) {
    super(`the mail could not be parsed: ${reason}`, options);
    this.reason = reason;
  }
}

/**
 * Reads raw mails within bounds of time and memory. Throws Unparsable, whatever the mail does to the parser. `raw`
 * is handed over: its buffer may not be used afterwards.
 */
export interface MailParser {
  /**
   * All that intake asks of a body: that it can be read, and whether it came before. SHA-256 (hex) over the decoded
   * bytes of its parts, headers left out; undefined for a mail without any content.
   */
  fingerprint(raw: Uint8Array): Promise<string | undefined>;
  /** What a page shows of a mail, made anew whenever somebody looks. */
  parse(raw: Uint8Array): Promise<MailParts>;
  /** One attachment as `parse` lists it, with its bytes: decoded, never decompressed. */
  extract(raw: Uint8Array, index: number): Promise<{ readonly name: string; readonly content: Uint8Array }>;
  /** Ends the worker; a later call starts a new one. */
  close(): Promise<void>;
}
