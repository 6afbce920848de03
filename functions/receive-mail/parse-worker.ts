// The parser's thread, as an entry of its own: it is bundled beside the handler.
import '#adapters/mail-parse-worker.ts';
