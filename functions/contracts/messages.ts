import type { LogMessage } from './log.ts';

/*
 * Each line that the desk may log, by a name of its own, so that a function brings the few that it logs. Imported as
 * `* as messages`.
 */

const message = (code: string, level: LogMessage['level'], text: string): LogMessage => ({
  code,
  level,
  text,
});

export const mailTaken = /* @__PURE__ */ message('MAIL01', 'info', 'A mail became an intake');
export const mailRepeated = /* @__PURE__ */ message('MAIL02', 'info', 'A mail was already taken');
export const mailUnparsed = /* @__PURE__ */ message(
  'MAIL03',
  'warn',
  'A mail could not be parsed; its intake stands',
);
export const mailFailed = /* @__PURE__ */ message(
  'MAIL04',
  'error',
  'A mail could not be taken; it is tried again',
);
export const committed = /* @__PURE__ */ message('DESK01', 'info', 'A command was committed');
export const refused = /* @__PURE__ */ message('DESK02', 'info', 'A command was refused');
export const letterSent = /* @__PURE__ */ message('POST01', 'info', 'A letter was sent');
export const letterWithheld = /* @__PURE__ */ message(
  'POST02',
  'warn',
  'An acknowledgement was withheld by a cap',
);
export const letterFailed = /* @__PURE__ */ message('POST03', 'error', 'A letter could not be sent');
export const letterUnknown = /* @__PURE__ */ message(
  'POST04',
  'error',
  'Nobody knows whether a sensitive letter went out',
);
export const letterSkipped = /* @__PURE__ */ message('POST05', 'warn', 'A letter has no recipient any more');
export const letterEvent = /* @__PURE__ */ message('POST06', 'info', 'SES told how a letter fared');
export const letterEventFailed = /* @__PURE__ */ message(
  'POST07',
  'error',
  'What SES told could not be recorded; it comes again',
);
export const advanced = /* @__PURE__ */ message('FLOW01', 'info', 'A wait of the state machine was resolved');
export const executionStarted = /* @__PURE__ */ message('FLOW02', 'info', 'An execution was started');
export const executionReplaced = /* @__PURE__ */ message('FLOW03', 'warn', 'A lost execution is replaced');
export const taskFailed = /* @__PURE__ */ message('FLOW05', 'error', 'A task of the state machine failed');
export const tokenHeld = /* @__PURE__ */ message('FLOW04', 'info', 'A task token is held');
export const errandDone = /* @__PURE__ */ message(
  'ERRAND01',
  'info',
  'An errand at GitHub or Discourse was done',
);
export const errandHandedOff = /* @__PURE__ */ message(
  'ERRAND02',
  'warn',
  'An errand was handed to a person',
);
export const advisoryOpened = /* @__PURE__ */ message('GITHUB01', 'info', 'An advisory stands');
export const advisoryHandedOff = /* @__PURE__ */ message(
  'GITHUB02',
  'warn',
  'An advisory was handed to a person',
);
export const maintainerNotified = /* @__PURE__ */ message('GITHUB03', 'info', 'A maintainer was notified');
export const webhookRejected = /* @__PURE__ */ message('HOOK01', 'warn', 'A webhook had no valid signature');
export const webhookSeen = /* @__PURE__ */ message('HOOK02', 'info', 'A webhook was read');
export const polled = /* @__PURE__ */ message('HOOK03', 'info', 'A poll was made');
export const swept = /* @__PURE__ */ message('SWEEP01', 'info', 'The sweep ended');
export const sweepFailed = /* @__PURE__ */ message(
  'SWEEP02',
  'error',
  'One item of the sweep failed; it is tried again',
);
export const reconciled = /* @__PURE__ */ message('SWEEP03', 'info', 'Reconciling ended');
export const chainBroken = /* @__PURE__ */ message(
  'AUDIT01',
  'error',
  'The audit trail of a partition is broken',
);
export const pageFailed = /* @__PURE__ */ message('PAGE01', 'error', 'A page could not be made');
export const seeded = /* @__PURE__ */ message('SEED01', 'info', 'The table was seeded');
