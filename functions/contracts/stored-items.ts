import * as z from 'zod/mini';
import type { ReminderGroup } from '#domain/cadence.ts';
import { type Disclosure, factKinds } from '#domain/disclosure.ts';
import { dispositions, type Intake, intakeKinds } from '#domain/intake.ts';
import { closingReasons, exits, holds, stages } from '#domain/lifecycle.ts';
import type { Person } from '#domain/people.ts';
import type { Rota } from '#domain/rota.ts';
import type { StoredEvent } from './ports.ts';

/*
 * What lies in the table, checked whenever it is read: an item that another version wrote, or that somebody
 * mended by hand, is refused by name instead of being half understood.
 */

const text = z.string();
const instant = z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/));
const whole = z.int();
const rating = z.enum(['none', 'low', 'medium', 'high', 'critical']);
const frequency = z.enum(['weekly', 'monthly', 'quarterly', 'half-yearly']);
const textRef = z.object({ key: text, sha256: text });

const entry = () =>
  z.looseObject({
    repository: text,
    ecosystem: text,
    severity: z.looseObject({ rating, score: z.optional(z.number()), vector: z.optional(text), at: instant }),
    advisory: z.optional(
      z.looseObject({ ghsa: text, url: text, state: z.enum(['triage', 'draft', 'published', 'closed']) }),
    ),
    maintainer: z.optional(z.looseObject({ id: text, people: z.array(text) })),
    frequency: z.optional(frequency),
    delegates: z.array(text),
    branches: z.array(z.looseObject({ name: text, merge: z.optional(z.object({ url: text, at: instant })) })),
    closed: z.optional(z.object({ reason: z.enum(closingReasons), at: instant })),
  });

const disclosure = () =>
  z.looseObject({
    id: text,
    version: whole,
    stage: z.enum(stages),
    hold: z.optional(z.looseObject({ kind: z.enum(holds), since: instant, until: instant })),
    exit: z.optional(z.looseObject({ kind: z.enum(exits), at: instant })),
    receivedAt: instant,
    description: z.optional(textRef),
    intakes: z.array(text),
    reporters: z.array(text),
    credit: z.record(text, z.looseObject({ choice: z.enum(['name', 'login', 'anonymous']) })),
    entries: z.array(entry()),
    facts: z.array(z.looseObject({ kind: z.enum(factKinds), at: instant })),
    embargo: z.looseObject({ since: instant }),
    release: z.optional(z.looseObject({ at: instant, confirmedBy: z.array(text) })),
    announcement: z.optional(z.looseObject({ url: text, topic: z.number(), visibleAt: instant })),
    steps: z.record(text, z.object({ by: text, at: instant })),
    response: z.looseObject({ dueAt: instant, halfAt: instant }),
    told: z.array(text),
    generation: whole,
  });

const verdict = () => z.enum(['PASS', 'FAIL', 'GRAY', 'PROCESSING_FAILED', 'DISABLED', 'unknown']);

const intake = () =>
  z.looseObject({
    mailKey: text,
    version: whole,
    kind: z.enum(intakeKinds),
    disposition: z.enum(dispositions),
    flags: z.array(text),
    receivedAt: instant,
    objectKey: text,
    authenticated: z.enum(['yes', 'no', 'unknown']),
    verdicts: z.object({
      spam: verdict(),
      virus: verdict(),
      spf: verdict(),
      dkim: verdict(),
      dmarc: verdict(),
    }),
    subject: text,
    references: z.array(text),
    disclosures: z.array(text),
  });

const person = () =>
  z.looseObject({
    id: text,
    version: whole,
    address: text,
    roles: z.array(text),
    member: z.optional(z.enum(['invited', 'active', 'away', 'left'])),
    epoch: whole,
  });

const group = () =>
  z.looseObject({
    version: whole,
    maintainer: text,
    frequency,
    entries: z.array(
      z.looseObject({ disclosure: text, repository: text, dueAt: instant, notifiedAt: instant }),
    ),
  });

const rota = () =>
  z.looseObject({
    version: whole,
    shifts: z.array(z.looseObject({ id: text, member: text, start: instant, end: instant })),
    swaps: z.array(z.looseObject({ id: text })),
    acknowledgements: z.array(z.looseObject({ at: instant, member: text })),
  });

const event = () =>
  z.looseObject({
    partition: text,
    cause: text,
    seq: whole,
    type: text,
    actor: text,
    at: instant,
    data: z.record(text, z.unknown()),
    letters: z.array(
      z.looseObject({ template: text, to: z.looseObject({}), params: z.record(text, z.unknown()) }),
    ),
    signals: z.array(z.looseObject({ kind: text })),
    prev: text,
    hash: text,
    correlation: text,
    delivery: z.record(text, z.looseObject({ state: text, at: instant, attempts: whole })),
    waits: z.boolean(),
  });

/** A stored item that is not of its kind: which one, and what is wrong with it. */
export class MalformedItem extends Error {
  override readonly name = 'MalformedItem';
}

const schemas = { disclosure, intake, person, group, rota, event };

/** Made when an item of the kind is first read: few functions read all kinds, and a start does not wait for them. */
const made: { [K in keyof typeof schemas]?: ReturnType<(typeof schemas)[K]> } = {};

interface Items {
  disclosure: Disclosure;
  intake: Intake;
  person: Person;
  group: ReminderGroup;
  rota: Rota;
  event: StoredEvent;
}

/** Checks an item on read. Throws MalformedItem; the message names the key and the path, never a value. */
export function parseItem<K extends keyof Items>(kind: K, key: string, value: unknown): Items[K] {
  made[kind] ??= schemas[kind]() as never;
  const result = made[kind].safeParse(value);
  if (!result.success)
    throw new MalformedItem(
      `the ${kind} stored under ${key} is malformed at ${result.error.issues.map(({ path }) => path.join('.')).join(', ')}`,
    );
  return result.data as unknown as Items[K];
}
