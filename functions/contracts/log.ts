/**
 * Every line that the desk may log. A message has a code and fixed words; what varies is a field, and a field is
 * an id, a count or the name of an error: never an address, a text, a token or a signature.
 */
export interface LogMessage {
  readonly code: string;
  readonly level: 'info' | 'warn' | 'error';
  readonly text: string;
}

const message = (code: string, level: LogMessage['level'], text: string): LogMessage => ({
  code,
  level,
  text,
});

export const messages = {
  mailTaken: message('MAIL01', 'info', 'A mail became an intake'),
  mailRepeated: message('MAIL02', 'info', 'A mail was already taken'),
  mailUnparsed: message('MAIL03', 'warn', 'A mail could not be parsed; its intake stands'),
  mailFailed: message('MAIL04', 'error', 'A mail could not be taken; it is tried again'),
  committed: message('DESK01', 'info', 'A command was committed'),
  refused: message('DESK02', 'info', 'A command was refused'),
  letterSent: message('POST01', 'info', 'A letter was sent'),
  letterWithheld: message('POST02', 'warn', 'An acknowledgement was withheld by a cap'),
  letterFailed: message('POST03', 'error', 'A letter could not be sent'),
  letterUnknown: message('POST04', 'error', 'Nobody knows whether a sensitive letter went out'),
  letterSkipped: message('POST05', 'warn', 'A letter has no recipient any more'),
  letterEvent: message('POST06', 'info', 'SES told how a letter fared'),
  letterEventFailed: message('POST07', 'error', 'What SES told could not be recorded; it comes again'),
  advanced: message('FLOW01', 'info', 'A wait of the state machine was resolved'),
  executionStarted: message('FLOW02', 'info', 'An execution was started'),
  executionReplaced: message('FLOW03', 'warn', 'A lost execution is replaced'),
  taskFailed: message('FLOW05', 'error', 'A task of the state machine failed'),
  tokenHeld: message('FLOW04', 'info', 'A task token is held'),
  errandDone: message('ERRAND01', 'info', 'An errand at GitHub or Discourse was done'),
  errandHandedOff: message('ERRAND02', 'warn', 'An errand was handed to a person'),
  advisoryOpened: message('GITHUB01', 'info', 'An advisory stands'),
  advisoryHandedOff: message('GITHUB02', 'warn', 'An advisory was handed to a person'),
  maintainerNotified: message('GITHUB03', 'info', 'A maintainer was notified'),
  webhookRejected: message('HOOK01', 'warn', 'A webhook had no valid signature'),
  webhookSeen: message('HOOK02', 'info', 'A webhook was read'),
  polled: message('HOOK03', 'info', 'A poll was made'),
  swept: message('SWEEP01', 'info', 'The sweep ended'),
  sweepFailed: message('SWEEP02', 'error', 'One item of the sweep failed; it is tried again'),
  reconciled: message('SWEEP03', 'info', 'Reconciling ended'),
  chainBroken: message('AUDIT01', 'error', 'The audit trail of a partition is broken'),
  pageFailed: message('PAGE01', 'error', 'A page could not be made'),
  seeded: message('SEED01', 'info', 'The table was seeded'),
} as const satisfies Record<string, LogMessage>;

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;
export type Log = (message: LogMessage, fields?: LogFields) => void;
