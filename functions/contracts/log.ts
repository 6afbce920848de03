/**
 * Every line that the desk may log (`messages.ts`). A message has a code and fixed words; what varies is a field, and a field is
 * an id, a count or the name of an error: never an address, a text, a token or a signature.
 */
export interface LogMessage {
  readonly code: string;
  readonly level: 'info' | 'warn' | 'error';
  readonly text: string;
}

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;
export type Log = (message: LogMessage, fields?: LogFields) => void;
