/**
 * Metrics that the functions count, by name, in the namespace `DisclosureDesk` with the one dimension `service`
 * (both set in each function's environment for Powertools). Each has an alarm or a place on the dashboard; none
 * carries an id or a person.
 */
export const metrics = [
  /** Age in minutes of the oldest mail in `in/`, measured by each run of `reconcile` that finds one. */
  'InboxOldestMinutes',
  /** Mails that became an intake without a parsed body. */
  'MailUnparsed',
  /** Acknowledgements held back by a cap. */
  'CapReached',
  /** Letters that bounced, drew a complaint, could not be sent, or whose outcome nobody can know. */
  'LetterFailed',
  /** Disclosures whose two hours passed without advisory and reply (OEP-60 R17). */
  'TwoHourOverrun',
  /** Intakes, by which the cost table's month is computed. */
  'MailReceived',
  /** Executions that were lost and replaced. */
  'ExecutionReplaced',
  /** Tasks that GitHub or Discourse refused and a person was asked to do. */
  'HandedOff',
] as const;

export type MetricName = (typeof metrics)[number];

/** Tells of one count. Never throws and never waits: what is counted is done, whether anybody counts it or not. */
export type Measure = (name: MetricName, value: number) => void;
