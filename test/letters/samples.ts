import type { Settings } from '#contracts/settings.ts';
import { reminderDefaults } from '#domain/cadence.ts';
import type { Letter, LetterParams, LetterTemplate, Sayable } from '#domain/letter.ts';
import type { Person } from '#domain/people.ts';
import { rotaDefaults } from '#domain/rota.ts';
import type { LetterContext } from '#letters/context.ts';

/** Settings of a desk that exists only in tests. */
export const settings: Settings = {
  policy: {
    prefix: 'EDX',
    zone: 'America/New_York',
    noticeMs: 172_800_000,
    windowMs: 7_200_000,
    earlyPublicMs: 14_400_000,
    embargoDays: 90,
    embargoAskDays: 14,
    informationDays: 30,
    reopenDays: 90,
    responseBusinessDays: 2,
    sweepMs: 900_000,
    reminders: reminderDefaults,
    rota: rotaDefaults,
    publishNeedsTwo: false,
    forwardNeedsTwo: false,
    earlyPublicNeedsTwo: false,
    postsToDiscourse: true,
    branches: {},
    defaultBranches: ['main', 'release/verawood'],
  },
  identity: {
    project: 'Open edX',
    signature: 'Open edX Security Working Group',
    securityAddress: 'security@openedx.example',
    replyDomain: 'reply.openedx.example',
    linkBase: 'https://desk.openedx.example',
    pgpKeyUrl: 'https://openedx.example/security.asc',
  },
  mail: {
    ownAddresses: ['security@openedx.example'],
    trustedForwarders: [],
    caps: { perAddressDay: 1, perAddressWeek: 3, perHour: 50 },
    maxOutgoingBytes: 10_000_000,
  },
  discourse: { base: 'https://discuss.openedx.example', categoryId: 19 },
  retentionDays: 365,
};

export const recipient: Person = {
  id: 'p-recipient',
  version: 1,
  address: 'recipient@example.org',
  roles: ['member'],
  epoch: 1,
};

const at = '2026-03-03T15:00:00.000Z';
const afterwards = '2027-01-18T14:00:00.000Z';
const text = { key: 'texts/words', sha256: 'a'.repeat(64) };
const say: Sayable = {
  reference: 'EDX-2026-0001',
  stage: 'advised',
  repositories: [{ repository: 'openedx/edx-platform', rating: 'high', score: 7.5 }],
};
const repository = 'openedx/edx-platform';

/** One full example of the parameters of every template. */
export const samples: { readonly [T in LetterTemplate]: LetterParams[T] } = {
  acknowledgement: { reference: 'EDX-2026-0001', answerDueAt: at, pgp: true },
  'answer-to-reporter': { reference: 'EDX-2026-0001', text },
  'information-asked': { reference: 'EDX-2026-0001', text, until: at },
  'information-nudge': { reference: 'EDX-2026-0001', until: at },
  'reporter-outcome': { reference: 'EDX-2026-0001', outcome: 'closed', reason: 'already-fixed', text },
  'reporter-published': {
    reference: 'EDX-2026-0001',
    advisories: [{ repository, url: 'https://github.example/GHSA-1' }],
    credit: 'set',
  },
  'fresh-link': { reference: 'EDX-2026-0001' },
  'new-report': { ...say, stage: 'received', answerDueAt: at, flags: ['unauthenticated'], onDuty: true },
  'new-intake': { intake: 'mail-1', intakeKind: 'advice' },
  'sign-in': {},
  'act-notice': { ...say, act: 'adjudicate', by: 'p-mo', reason: 'said on the page' },
  'confirm-act': { ...say, act: 'forward it to Example University', by: 'p-mo' },
  'follow-up': { ...say },
  'hand-off': { ...say, what: 'open-advisory', why: 'GitHub answered 403', repository },
  escalation: { ...say, about: 'response-missed', since: at, due: at, repository },
  'comment-asked': { ...say, repository, before: 'high', after: 'medium' },
  'maintainer-notification': { ...say, repository, rating: 'high', score: 7.5 },
  'who-is-acting': say,
  'delegate-named': { ...say, repository, forGood: true },
  'release-proposed': { ...say, at },
  'announce-now': { ...say, at, latestVisibleAt: at },
  'announcement-late': { ...say, at, visibleAt: at, proposed: at },
  'announcement-missing': { ...say, at, latestVisibleAt: at },
  'release-time': { ...say, at, repository, branches: ['main', 'release/verawood'] },
  'release-late': { ...say, at, repository },
  'reply-now': { ...say, due: at },
  'publish-now': { ...say, repository, due: at },
  'fix-is-public': { ...say, repository, urgent: true },
  'embargo-over': { ...say, because: 'flaw-public' },
  'severity-zero': { ...say, repository },
  'severity-changed-on-github': { ...say, repository, rating: 'low' },
  reminder: {
    frequency: 'monthly',
    lines: [
      {
        reference: 'EDX-2026-0001',
        repository,
        rating: 'high',
        score: 7.5,
        stage: 'advised',
        ageDays: 31,
        next: 'a release instant',
      },
    ],
    onDuty: 'p-mo',
    note: text,
    toMaintainer: true,
  },
  'operator-forward': {
    reference: 'EDX-2026-0001',
    instance: 'Example University',
    text,
    reportKey: 'mail-1',
    withAttachments: true,
  },
  'shift-begins': {
    from: at,
    to: at,
    reminders: [{ maintainer: 'team:openedx/committers', frequency: 'monthly', dueAt: at, count: 2 }],
  },
  'shift-brief': {
    from: at,
    to: at,
    incoming: 'p-mo',
    open: [{ reference: 'EDX-2026-0001', stage: 'advised', next: 'a release instant' }],
    openInAll: 3,
    due: 1,
    ahead: [
      { at, reference: 'EDX-2026-0002', deadline: 'response-missed' },
      { at, maintainer: 'team:openedx/committers', frequency: 'monthly', count: 2 },
    ],
    aheadInAll: 2,
    unanswered: 2,
    lapsing: 1,
    promises: [{ reference: 'EDX-2026-0002', dueAt: at }],
    quarantined: 4,
  },
  'shift-summary': {
    from: at,
    to: at,
    sent: 1,
    entries: 5,
    reminders: [{ maintainer: 'team:openedx/committers', frequency: 'monthly', dueAt: at, count: 5 }],
  },
  'no-one-on-duty': { since: at },
  'handover-unacknowledged': { from: at, who: 'p-mo' },
  'operator-recorded': {},
  'volunteer-recorded': {},
  'swap-proposed': { from: at, to: at, by: 'p-mo', inReturn: { from: afterwards, to: afterwards } },
  'shifts-planned': { by: 'p-mo', before: [{ from: at, to: at }], after: [{ from: at, to: at }] },
  'shift-changed': { by: 'p-mo', before: { from: at, to: at }, after: { from: at, to: at } },
  'swap-answered': { from: at, to: at, accepted: true, inReturn: { from: afterwards, to: afterwards } },
  invitation: { by: 'p-mo' },
};

export const templates = Object.keys(samples) as LetterTemplate[];

/** The sample letter of a template. */
export const letterOf = (template: LetterTemplate, params: unknown = samples[template]): Letter =>
  ({ template, to: { person: recipient.id }, params }) as Letter;

const link = 'https://desk.openedx.example/a#t=v1.k1.payload.mac';

/** A context in which everything is at hand that a letter may ask for. */
export const context = (more: Partial<LetterContext> = {}): LetterContext => ({
  settings,
  recipient,
  link,
  links: Object.fromEntries(
    ['expect-fix', 'ask-help', 'adjudicate', 'disown', 'record-merge'].map((action) => [
      `EDX-2026-0001 openedx/edx-platform ${action}`,
      `${link}-${action}`,
    ]),
  ),
  names: { 'p-mo': 'Mo Member' },
  texts: { 'texts/words': 'The words that the member confirmed.' },
  ...more,
});
