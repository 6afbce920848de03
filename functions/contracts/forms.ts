import * as z from 'zod/mini';
import { factKinds, triageSteps } from '#domain/disclosure.ts';
import { intakeKinds } from '#domain/intake.ts';
import { closingReasons } from '#domain/lifecycle.ts';

/*
 * What people may send us through a page. Every message says what was found and what is allowed; values are
 * trimmed, bounded, and empty ones count as not given. Each form is made when it is read: a request reads one, and to
 * make all of them is a quarter of the start that a person waits for.
 */

const found = (input: unknown) =>
  typeof input === 'string' ? `“${input.slice(0, 60)}” is not possible. ` : '';

const words = (say: string, most = 300) =>
  z.string({ error: say }).check(
    z.minLength(1, { error: say, abort: true }),
    z.maxLength(most, {
      error: (issue) => `At most ${most} characters; this has ${String(issue.input).length}.`,
    }),
  );
const maybe = (most = 300) =>
  z.optional(
    z.string().check(
      z.maxLength(most, {
        error: (issue) => `At most ${most} characters; this has ${String(issue.input).length}.`,
      }),
    ),
  );
const oneOf = <const T extends readonly [string, ...string[]]>(values: T, say: string) =>
  z.enum(values, { error: (issue) => `${found(issue.input)}${say}` });
const shaped = (pattern: RegExp, say: string) =>
  z.string({ error: say }).check(z.regex(pattern, { error: (issue) => `${found(issue.input)}${say}` }));

/** The longest text of a form, in characters: 256 KB of ASCII (mail rules, Limits). */
const longest = 200_000;
const text = (say: string) => words(say, longest);
const maybeText = maybe(longest);

export const referenceShape = /^[A-Z][A-Z0-9]{1,9}-\d{4}-\d{4,}$/;
const repositoryShape = /^[A-Za-z0-9][A-Za-z0-9-]{0,38}\/[A-Za-z0-9._-]{1,100}$/;
const repository = shaped(repositoryShape, 'Write a repository as owner/name.');
const url = shaped(/^https?:\/\/[^\s/]+\/\S*$/, 'Paste the whole address, beginning with https://.');
const email = shaped(
  /^[^\s@<>,;"]+@[^\s@<>,;"]+\.[^\s@<>,;"]+$/,
  'Write one address, like name@example.org.',
);
const date = shaped(/^\d{4}-\d\d-\d\d$/, 'Choose a day, like 2026-03-01.');
const clock = shaped(/^\d\d:\d\d$/, 'Choose a time of day, like 14:30.');
const zone = oneOf(['desk', 'utc'], 'Choose the zone in which you mean the time.');
const sure = oneOf(['yes'], 'Tick the box to say that you mean it.');
const reason = words('Say why; it is recorded.', 2000);
const maybeReason = maybe(2000);
const typed = words('Type the reference of this disclosure, to show that you mean this one.', 40);
const closing = oneOf(closingReasons, 'Choose why it is closed.');
const yesNo = (say: string) => oneOf(['yes', 'no'], say);

const operator = () => ({
  operator: words(
    'Choose the operator it concerns. If it is not in the list, tell the reporter so instead.',
    40,
  ),
  operatorText: text('Write what the operator has to know; they read it as you write it.'),
  withAttachments: yesNo('Choose whether the attachments go along.'),
});
const accepted = () => ({
  title: words('Write one line that a maintainer will recognise.', 256),
  description: text('Describe the vulnerability; it becomes the advisory’s description.'),
  cwes: z.optional(shaped(/^CWE-\d{1,5}([ ,]+CWE-\d{1,5})*$/, 'Write weaknesses like “CWE-79, CWE-352”.')),
  vector: maybe(300),
});

/** One affected repository of the triage form. */
export const repositoryRow = () =>
  z.object({
    repository,
    ecosystem: oneOf(
      [
        'pip',
        'npm',
        'rubygems',
        'maven',
        'nuget',
        'composer',
        'go',
        'rust',
        'erlang',
        'actions',
        'pub',
        'swift',
        'other',
      ],
      'Choose where its packages are published, or “other”.',
    ),
    package: maybe(214),
    affected: maybe(200),
    fixed: maybe(200),
  });

/** The outcomes of triage, in the order of the page. */
export const outcomes = [
  'valid',
  'valid-operator',
  'operator',
  'needs-information',
  'duplicate',
  'invalid',
  'spam',
  'advice',
  'scoring',
] as const;
export type Outcome = (typeof outcomes)[number];

const outcome = <O extends Outcome>(name: O) => ({ outcome: z.literal(name) });

export const triageForm = () =>
  z.discriminatedUnion(
    'outcome',
    [
      z.object({ ...outcome('valid'), ...accepted(), reply_valid: maybeText }),
      z.object({ ...outcome('valid-operator'), ...accepted(), ...operator(), reply_valid: maybeText }),
      z.object({ ...outcome('operator'), ...operator(), reply_operator: maybeText }),
      z.object({
        ...outcome('needs-information'),
        'reply_needs-information': text('Write what the reporter should tell us.'),
      }),
      z.object({
        ...outcome('duplicate'),
        duplicateOf: shaped(referenceShape, 'Give the reference of the original, like EDX-2026-0001.'),
        reply_duplicate: maybeText,
      }),
      z.object({
        ...outcome('invalid'),
        reply_invalid: text('Tell the reporter why, and what would change it.'),
      }),
      z.object({ ...outcome('spam'), sure }),
      z.object({ ...outcome('advice'), reply_advice: text('Write the advice.') }),
      z.object({
        ...outcome('scoring'),
        vector: maybe(300),
        reply_scoring: text('Write the answer; the score stands on top of it.'),
      }),
    ],
    {
      error: (issue) =>
        `${found((issue.input as { outcome?: unknown } | undefined)?.outcome)}Choose what the report is.`,
    },
  );

const when = { date, time: clock, zone };

/** Every form of a disclosure's pages, by the last part of its address. */
export const forms = {
  triage: triageForm,
  'record-step': () => z.object({ step: oneOf(triageSteps, 'Choose the step that was done.') }),
  'reply-to-reporter': () => z.object({ text: text('Write your reply.') }),
  close: () => z.object({ reason: closing, reply: maybeText, typed }),
  resume: () => z.object({ sure }),
  defer: () => z.object({ date, reason }),
  reopen: () => z.object({ reason }),
  'add-repository': () => z.extend(repositoryRow(), { vector: maybe(300) }),
  'name-maintainer': () =>
    z.object({
      repository,
      addresses: words('Write the address of a maintainer, or several, one a line.', 2000),
      reason,
    }),
  'name-delegate': () =>
    z.object({
      repository,
      address: email,
      forGood: oneOf(['this', 'good'], 'Choose for how long.'),
      reason: maybeReason,
    }),
  adjudicate: () =>
    z.object({
      repository,
      how: oneOf(['vector', 'label'], 'Choose how you say it.'),
      vector: maybe(300),
      label: z.optional(oneOf(['none', 'low', 'medium', 'high', 'critical'], 'Choose a rating.')),
    }),
  'comment-severity': () =>
    z.object({
      repository,
      what: oneOf(['comment', 'none'], 'Choose whether you comment.'),
      comment: maybe(4000),
    }),
  'ask-help': () => z.object({ repository, text: maybe(4000), sure }),
  'expect-fix': () => z.object({ repository, date }),
  disown: () => z.object({ repository, suggestion: maybe(300), sure }),
  'report-public-pull-request': () => z.object({ repository, url }),
  'decide-public-pull-request': () =>
    z.object({
      repository,
      decision: oneOf(['keep-embargo', 'end-embargo'], 'Choose what follows.'),
      reason,
    }),
  'close-entry': () => z.object({ repository, reason: closing, note: maybe(2000) }),
  'record-ready': () => z.object({ repository, sure, reason: maybeReason }),
  'propose-release': () => z.object(when),
  'confirm-release': () =>
    z.object({
      at: shaped(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'Open the page again.'),
      sure,
      reason: maybeReason,
    }),
  'see-announcement': () => z.object({ url }),
  'command-post': () =>
    z.object({
      what: oneOf(['announcement', 'reply'], 'Choose what is posted.'),
      reason: maybeReason,
    }),
  'record-merge': () =>
    z.object({
      repository,
      branch: words('Choose the branch that has the fix now.', 200),
      url,
      date: z.optional(date),
      time: z.optional(clock),
      zone: z.optional(zone),
      reason: maybeReason,
    }),
  'command-publication': () => z.object({ repository, typed, reason: maybeReason }),
  'see-reply': () => z.object({ url }),
  'record-fact': () => z.object({ fact: oneOf(factKinds, 'Choose what became known.'), reason }),
  'retract-fact': () => z.object({ fact: oneOf(factKinds, 'Choose what was wrong.'), reason }),
  'go-public-early': () => z.object({ reason, typed }),
  'renew-embargo': () => z.object({ date, reason }),
  'record-advisory': () =>
    z.object({
      repository,
      url: shaped(
        /GHSA(-[23456789cfghjmpqrvwx]{4}){3}/i,
        'Paste the advisory’s address, or its number like GHSA-xxxx-xxxx-xxxx.',
      ),
    }),
  'hand-off-done': () => z.object({ handOff: words('Choose what you did.', 200) }),
  'confirm-act': () =>
    z.object({
      key: words('Open the page again.', 300),
      sure: z.optional(sure),
      typed: maybe(40),
    }),
  'choose-credit': () =>
    z.object({
      choice: oneOf(['name', 'login', 'anonymous'], 'Choose how you want to be credited.'),
      name: maybe(120),
      login: z.optional(
        shaped(/^@?[A-Za-z0-9][A-Za-z0-9-]{0,38}$/, 'Write your GitHub login, without the address.'),
      ),
    }),
  'add-text': () => z.object({ text: maybeText }),
} as const;
export type Act = keyof typeof forms;
export type FormData<A extends Act> = z.infer<ReturnType<(typeof forms)[A]>>;

/** Forms that carry a text: up to 256 KB. Every other one is 4 KB at most (mail rules, Signed links 10). */
export const textActs: ReadonlySet<string> = new Set<Act>([
  'triage',
  'reply-to-reporter',
  'close',
  'add-text',
  'comment-severity',
  'ask-help',
  'defer',
  'reopen',
  'name-maintainer',
  'name-delegate',
  'decide-public-pull-request',
  'close-entry',
  'record-ready',
  'confirm-release',
  'command-post',
  'record-merge',
  'command-publication',
  'record-fact',
  'retract-fact',
  'go-public-early',
  'renew-embargo',
]);

/** As `textActs`, of the group's own forms: rota, membership, batches. */
export const textGroupForms: ReadonlySet<string> = new Set<RotaForm | MemberForm | BatchForm>([
  'note-handover',
  'record-support',
  'leave',
  'postpone-batch',
  'note-batch',
]);

const at = shaped(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'Open the page again.');
const whichFeed = oneOf(['mine', 'working-group'], 'Choose whose shifts.');

/** Forms of the rota and the handover, by the last part of their address. The order of duty is read by `readTurns`. */
export const rotaForms = {
  'propose-swap': () =>
    z.object({
      shift: words('Choose the shift that you offer.', 200),
      to: words('Choose whom you ask.', 40),
      inReturn: maybe(200),
    }),
  'answer-swap': () =>
    z.object({
      swap: words('Open the page again.', 200),
      answer: oneOf(['accepted', 'declined', 'withdrawn'], 'Choose your answer.'),
    }),
  'put-shift': () =>
    z.object({
      member: words('Choose who is on duty.', 40),
      date,
      time: clock,
      endDate: date,
      endTime: clock,
    }),
  'change-shift': () =>
    z.object({
      shift: words('Choose the shift.', 200),
      member: words('Choose who is on duty.', 40),
      date,
      time: clock,
      endDate: date,
      endTime: clock,
    }),
  'split-shift': () =>
    z.object({
      shift: words('Choose the shift.', 200),
      date,
      time: clock,
      member: words('Choose who is on duty from then on.', 40),
    }),
  'remove-shift': () => z.object({ shift: words('Choose the shift.', 200), sure }),
  'generate-shifts': () =>
    z.object({
      date,
      time: clock,
      length: shaped(/^[1-9]\d{0,2}$/, 'Give a whole number from 1 to 999.'),
      unit: oneOf(['hours', 'days', 'weeks', 'months'], 'Choose what you count in.'),
      until: date,
    }),
  'acknowledge-handover': () => z.object({ at, sure }),
  'note-handover': () => z.object({ at, text: words('Write the notes.', 2000) }),
  'issue-feed': () => z.object({ of: whichFeed, sure }),
  'revoke-feed': () => z.object({ of: whichFeed, sure }),
} as const;
export type RotaForm = keyof typeof rotaForms;
export const isRotaForm = (name: string): name is RotaForm => Object.hasOwn(rotaForms, name);

/** The order of duty of `generate-shifts`: `turn_1`, `turn_2` … as far as they are given. */
export const readTurns = (values: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(given(values))
    .flatMap(([name, value]) => {
      const number = /^turn_(\d{1,2})$/.exec(name)?.[1];
      return number ? [[Number(number), value] as const] : [];
    })
    .sort(([a], [b]) => a - b)
    .map(([, value]) => value);

const person = words('Choose who it is about.', 40);
const login = shaped(/^@?[A-Za-z0-9][A-Za-z0-9-]{0,38}$/, 'Write the GitHub login, without the address.');

/** Forms of membership (OEP-60 R23). */
export const memberForms = {
  invite: () =>
    z.object({
      address: email,
      name: maybe(120),
      github: z.optional(login),
      sure,
    }),
  'record-support': () =>
    z.object({
      person,
      supporter: email,
      note: words('Say who supports them, and where they said so.', 2000),
    }),
  'go-away': () => z.object({ person, sure }),
  'come-back': () => z.object({ person, sure }),
  leave: () => z.object({ person, sure, reason: maybeReason }),
} as const;
export type MemberForm = keyof typeof memberForms;
export const isMemberForm = (name: string): name is MemberForm => Object.hasOwn(memberForms, name);

const recordedAs = {
  name: words('Write the name by which the others know them.', 120),
  github: z.optional(login),
};

/** Forms of who is behind a maintainer’s address (policy, "A group address"). */
export const contactForms = {
  'record-group': () => z.object({ group: email, address: email, ...recordedAs }),
  'record-person': () => z.object({ contact: person, address: email, ...recordedAs }),
  'remove-person': () =>
    z.object({ contact: person, person: words('Choose who acts for it no more.', 40), sure }),
  'record-individual': () => z.object({ contact: person, ...recordedAs }),
} as const;
export type ContactForm = keyof typeof contactForms;
export const isContactForm = (name: string): name is ContactForm => Object.hasOwn(contactForms, name);

export const invitationForm = () => z.object({ sure });

/** Forms of the next batch of a reminder group (OEP-60 R9). */
export const batchForms = {
  'postpone-batch': () => z.object({ date, time: clock, reason }),
  'note-batch': () => z.object({ text: words('Write the note.', 1000) }),
  'drop-note': () => z.object({ sure }),
} as const;
export type BatchForm = keyof typeof batchForms;
export const isBatchForm = (name: string): name is BatchForm => Object.hasOwn(batchForms, name);

/** Other forms than those of a disclosure. */
export const signInForm = () => z.object({ address: email });
export const freshLinkForm = () => z.object({ token: words('The link’s token is missing.', 8192), sure });
export const lostLinkForm = () =>
  z.object({
    address: email,
    reference: z.optional(
      shaped(referenceShape, 'The reference stands in the mail’s subject, like EDX-2026-0001.'),
    ),
  });
export const whoForm = () => z.object({ person: words('Choose who you are.', 40) });
export const intakeForm = () =>
  z.discriminatedUnion(
    'decision',
    [
      z.object({ decision: z.literal('open') }),
      z.object({
        decision: z.literal('attach'),
        reference: shaped(referenceShape, 'Give the reference of the disclosure, like EDX-2026-0001.'),
        asReporter: yesNo('Choose whether the sender becomes one of its reporters.'),
      }),
      z.object({ decision: z.literal('kind'), kind: oneOf(intakeKinds, 'Choose what it is.') }),
      z.object({ decision: z.literal('not') }),
      z.object({ decision: z.literal('release') }),
      z.object({
        decision: z.literal('operator'),
        operatorAddress: email,
        instance: words('Write how the site is called.', 120),
        domains: words('Write its domains, one a line.', 2000),
        contact: z.optional(email),
      }),
      z.object({
        decision: z.literal('volunteer'),
        volunteerAddress: email,
        volunteerName: maybe(120),
        team: maybe(120),
        vouch: z.optional(sure),
      }),
    ],
    { error: 'Choose what becomes of this mail.' },
  );
export type IntakeDecision = z.infer<ReturnType<typeof intakeForm>>;

export interface FormFault {
  readonly field: string;
  readonly message: string;
}

/** Values as a form gives them, trimmed; empty ones are left out. */
export const given = (values: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values)
      .map(([name, value]) => [name, value.replace(/\r\n?/g, '\n').trim()])
      .filter(([, value]) => value !== ''),
  );

/** Reads a form: what it says, or what is wrong, field by field. */
export function read<Form extends () => z.core.$ZodType>(
  form: Form,
  values: Readonly<Record<string, string>>,
):
  | { readonly ok: true; readonly data: z.infer<ReturnType<Form>> }
  | { readonly ok: false; readonly faults: readonly FormFault[] } {
  const result = z.safeParse(form(), given(values));
  if (result.success) return { ok: true, data: result.data as z.infer<ReturnType<Form>> };
  const faults = result.error.issues.map(({ path, message }) => ({ field: String(path[0] ?? ''), message }));
  return { ok: false, faults };
}

/** Rows of affected repositories, by number; rows that nobody filled are left out. */
export function readRows(values: Readonly<Record<string, string>>): {
  readonly rows: readonly z.infer<ReturnType<typeof repositoryRow>>[];
  readonly faults: readonly FormFault[];
} {
  const all = given(values);
  const numbers = [...new Set(Object.keys(all).flatMap((name) => /^\w+_(\d{1,2})$/.exec(name)?.[1] ?? []))];
  const rows: z.infer<ReturnType<typeof repositoryRow>>[] = [];
  const faults: FormFault[] = [];
  for (const number of numbers.sort((a, b) => Number(a) - Number(b))) {
    const fields = ['repository', 'ecosystem', 'package', 'affected', 'fixed'];
    const row = Object.fromEntries(
      fields.flatMap((name) => {
        const value = all[`${name}_${number}`];
        return value === undefined ? [] : [[name, value]];
      }),
    );
    if (Object.keys(row).length === 0) continue;
    const result = read(repositoryRow, row);
    if (result.ok) rows.push(result.data);
    else
      faults.push(...result.faults.map(({ field, message }) => ({ field: `${field}_${number}`, message })));
  }
  if (rows.length === 0 && faults.length === 0)
    faults.push({ field: 'repository_1', message: 'Name at least one affected repository.' });
  return { rows, faults };
}
