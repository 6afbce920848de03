import type { MailArrival } from '#contracts/mail-arrival.ts';
import { Unparsable } from '#contracts/mail-parts.ts';
import * as messages from '#contracts/messages.ts';
import { CauseTaken, VersionConflict } from '#contracts/store-errors.ts';
import { day, plus } from '#domain/instant.ts';
import { type Disposition, type Intake, type IntakeFlag, inboxKey } from '#domain/intake.ts';
import { lastAttempt, type ReceiveMailDeps } from './deps.ts';

/** Mails whose body somebody will read; of the others the parser sees nothing unless a member asks. */
const read: readonly Disposition[] = ['opened', 'attached', 'held', 'recorded'];

/** How long an equal body counts as a possible duplicate; and how long its mark lies in the table. */
const duplicateDays = 90;

/**
 * What comes after an intake stands: its body is parsed for flags alone (a page parses it again when somebody
 * looks), then the raw mail leaves the inbox. May be done any number of times.
 * @param whole the mail, where its first bytes were all of it
 */
export async function finishMail(
  deps: ReceiveMailDeps,
  intake: Intake,
  arrival: MailArrival,
  whole: Uint8Array | undefined,
): Promise<void> {
  const key = inboxKey(intake.mailKey);
  if (read.includes(intake.disposition) && !intake.flags.includes('unparsed')) {
    const raw = whole ?? (await deps.archive.rawMail(key));
    // Filed by an earlier try, which did all of this.
    if (!raw) return;
    await addFindings(deps, intake, await findingsOf(deps, intake, raw));
  }
  try {
    await deps.archive.file(key, intake.receivedAt);
  } catch (error) {
    // An object that could not be read cannot be filed either; its intake says so.
    if (arrival.attempt < lastAttempt || !intake.flags.includes('unparsed')) throw error;
  }
}

interface Findings {
  readonly flags: readonly IntakeFlag[];
  readonly bodySha256?: string | undefined;
  readonly duplicateOf?: string | undefined;
}

async function findingsOf(
  { parser, ...deps }: ReceiveMailDeps,
  intake: Intake,
  raw: Uint8Array,
): Promise<Findings> {
  try {
    const bodySha256 = await parser.fingerprint(raw);
    const earlier = bodySha256 && (await sameBody(deps, intake, bodySha256));
    return earlier ? { flags: ['possible-duplicate'], bodySha256, duplicateOf: earlier } : { flags: [] };
  } catch (error) {
    if (!(error instanceof Unparsable)) throw error;
    const { mailKey } = intake;
    deps.log(messages.mailUnparsed, { mail: mailKey, reason: error.reason, correlation: mailKey });
    return { flags: ['unparsed'] };
  }
}

/** The mail that first had this body; this one becomes it where there is none. A flag only, so that a race is harmless. */
async function sameBody(
  { store, clock }: Pick<ReceiveMailDeps, 'store' | 'clock'>,
  intake: Intake,
  sha256: string,
) {
  const name = `body#${sha256}`;
  const first = (await store.mark(name))?.mail;
  if (typeof first === 'string') return first === intake.mailKey ? undefined : first;
  await store.setMark(name, { mail: intake.mailKey }, plus(clock.now(), duplicateDays * day));
  return undefined;
}

/** Later mails with the same body that the earlier one names: more tell a member nothing more. */
const mostDuplicates = 5;

/** Lays findings over the intake by a commit of its own; most mails have none. Of two equal bodies each names the other. */
async function addFindings(deps: ReceiveMailDeps, intake: Intake, found: Findings): Promise<void> {
  if (found.flags.length === 0) return;
  const { flags, ...fields } = found;
  const { mailKey } = intake;
  const added = await lay(deps, mailKey, {
    cause: `${mailKey}#body`,
    type: 'read-body',
    data: { flags, ...(found.duplicateOf && { duplicateOf: found.duplicateOf }) },
    change: (current) => ({ ...current, ...fields, flags: [...new Set([...current.flags, ...flags])] }),
  });
  if (added && flags.includes('unparsed')) deps.measure('MailUnparsed', 1);
  if (found.duplicateOf)
    await lay(deps, found.duplicateOf, {
      cause: `${mailKey}#same-body`,
      type: 'came-again',
      data: { mail: mailKey },
      change: (earlier) =>
        (earlier.duplicates?.length ?? 0) < mostDuplicates
          ? { ...earlier, duplicates: [...(earlier.duplicates ?? []), mailKey] }
          : undefined,
    });
}

/** One commit over an intake as it stands, once per cause. Answers whether it was this call that changed it. */
async function lay(
  { store, clock }: ReceiveMailDeps,
  mailKey: string,
  finding: {
    readonly cause: string;
    readonly type: string;
    readonly data: Readonly<Record<string, unknown>>;
    readonly change: (current: Intake) => Intake | undefined;
  },
): Promise<boolean> {
  const { change, ...event } = finding;
  for (let attempt = 1; ; attempt++) {
    const current = await store.intake(mailKey);
    const item = current && change(current);
    if (!current || !item) return false;
    try {
      await store.commit({
        writes: [{ put: 'intake', item, expect: current.version }],
        event: {
          ...event,
          partition: `INTAKE#${mailKey}`,
          actor: 'desk',
          at: clock.now(),
          letters: [],
          signals: [],
          correlation: mailKey,
        },
      });
      return true;
    } catch (error) {
      if (error instanceof CauseTaken) return false;
      if (!(error instanceof VersionConflict) || attempt >= 5) throw error;
    }
  }
}
