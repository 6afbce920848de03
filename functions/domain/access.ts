import type {
  Advisory,
  Announcement,
  Branch,
  Credit,
  Disclosure,
  Embargo,
  Entry,
  EntrySeverity,
  Fact,
  PendingAct,
  Release,
  Repository,
  StepDone,
  TextRef,
  TriageStep,
} from './disclosure.ts';
import type { Instant } from './instant.ts';
import type { ClosingReason, ExitKind, HoldKind, Stage } from './lifecycle.ts';
import type { PersonId } from './people.ts';

/** Who looks at a page. Volunteers and administrators have no page of a disclosure. */
export const viewerKinds = ['reporter', 'maintainer', 'member', 'operator'] as const;
export type ViewerKind = (typeof viewerKinds)[number];

/** A person in the role in which their link lets them in. */
export interface Viewer {
  readonly kind: ViewerKind;
  readonly person: PersonId;
  /** Besides the person: the group addresses that they are recorded persons of. */
  readonly standsFor?: readonly PersonId[] | undefined;
}

/**
 * How much of a field one kind of person sees.
 * `all` of it · `own`: what is theirs (their mails, their repository, their credit) · `public`: once the world can
 * see it anyway · `readiness`: whether the other repositories are ready, and nothing else of them · `chosen`: what
 * the reporter chose to be public · `none`.
 */
export type Reach = 'all' | 'own' | 'public' | 'readiness' | 'chosen' | 'none';

const row = (reporter: Reach, maintainer: Reach, member: Reach, operator: Reach) => ({
  reporter,
  maintainer,
  member,
  operator,
});

/**
 * The access matrix: page × field × kind of person, as data. What no row names is seen by nobody.
 * Reporters see stage in plain words, what they sent, our replies, their credit. Maintainers see the details and
 * their own repository, never the reporter unless credit was chosen. Operators see what was forwarded to them.
 */
export const accessMatrix = {
  disclosure: {
    //                    reporter    maintainer   member  operator
    reference: row('all', 'all', 'all', 'all'),
    stage: row('all', 'all', 'all', 'none'),
    hold: row('all', 'all', 'all', 'none'),
    exit: row('all', 'all', 'all', 'none'),
    receivedAt: row('all', 'none', 'all', 'none'),
    title: row('none', 'all', 'all', 'none'),
    description: row('none', 'all', 'all', 'none'),
    weaknesses: row('none', 'all', 'all', 'none'),
    entries: row('none', 'own', 'all', 'none'),
    siblings: row('none', 'readiness', 'none', 'none'),
    advisories: row('public', 'none', 'none', 'none'),
    release: row('public', 'all', 'all', 'none'),
    announcement: row('public', 'all', 'all', 'none'),
    facts: row('none', 'all', 'all', 'none'),
    embargo: row('none', 'all', 'all', 'none'),
    conversation: row('own', 'none', 'all', 'none'),
    reporters: row('none', 'none', 'all', 'none'),
    credit: row('own', 'chosen', 'all', 'none'),
    response: row('all', 'none', 'all', 'none'),
    steps: row('none', 'none', 'all', 'none'),
    related: row('none', 'none', 'all', 'none'),
    operators: row('none', 'none', 'all', 'none'),
    forwarded: row('none', 'none', 'none', 'own'),
    handOffs: row('none', 'none', 'all', 'none'),
    githubReport: row('none', 'none', 'all', 'none'),
    pending: row('none', 'own', 'all', 'none'),
    trail: row('none', 'none', 'all', 'none'),
    deliveries: row('none', 'none', 'all', 'none'),
  },
  /** One mail before, or beside, a disclosure. */
  intake: {
    mail: row('none', 'none', 'all', 'none'),
    sender: row('none', 'none', 'all', 'none'),
    verdicts: row('none', 'none', 'all', 'none'),
    download: row('none', 'none', 'all', 'none'),
  },
  /** The members' lists. */
  desk: {
    open: row('none', 'none', 'all', 'none'),
    queue: row('none', 'none', 'all', 'none'),
    quarantine: row('none', 'none', 'all', 'none'),
    rota: row('none', 'none', 'all', 'none'),
  },
} as const satisfies Record<string, Record<string, Record<ViewerKind, Reach>>>;

export type Page = keyof typeof accessMatrix;
export type DisclosureField = keyof (typeof accessMatrix)['disclosure'];

/** How much of a field of a disclosure's page a kind of person sees. */
export const reachOf = (kind: ViewerKind, field: DisclosureField): Reach =>
  accessMatrix.disclosure[field][kind];

/** May this kind of person open the page at all? */
export const mayOpen = (kind: ViewerKind, page: Page): boolean =>
  Object.values<Record<ViewerKind, Reach>>(accessMatrix[page]).some((field) => field[kind] !== 'none');

/** The stage in the words of someone who knows nothing of the process. */
export const plainStages: Readonly<Record<Stage, string>> = {
  received: 'We have your report. A person is looking at it.',
  triaged: 'We could confirm your report and are telling the people who maintain the software.',
  advised: 'The people who maintain the software know of it and work on a fix.',
  announced: 'A date for the fix has been announced.',
  merged: 'The fix is public. The advisory follows.',
  published: 'The fix and the advisory are public.',
};

/** A repository entry as its maintainer and the members see it. */
export interface EntryView {
  readonly repository: Repository;
  readonly ecosystem: string;
  readonly package?: string | undefined;
  readonly affected?: string | undefined;
  readonly fixed?: string | undefined;
  readonly severity: EntrySeverity;
  readonly advisory?: Advisory | undefined;
  readonly handOff?: Entry['handOff'];
  readonly maintainer?: Entry['maintainer'];
  readonly delegates: readonly PersonId[];
  readonly notifiedAt?: Instant | undefined;
  readonly branches: readonly Branch[];
  readonly readyAt?: Instant | undefined;
  readonly fixExpected?: string | undefined;
  readonly helpAskedAt?: Instant | undefined;
  readonly publicPullRequest?: Entry['publicPullRequest'];
  readonly publicationCommandedAt?: Instant | undefined;
  readonly closed?: Entry['closed'];
}

/** What a maintainer may know of another maintainer's repository. */
export interface SiblingView {
  readonly repository: Repository;
  readonly ready: boolean;
  readonly merged: boolean;
  readonly published: boolean;
  readonly closed: boolean;
}

/** A disclosure as one viewer may see it. Pages are made from this and from nothing else. */
export interface DisclosureView {
  readonly viewer: Viewer;
  readonly reference: string;
  readonly revision: number;
  readonly stage?: Stage | undefined;
  readonly hold?: { readonly kind: HoldKind; readonly until: Instant } | undefined;
  readonly exit?:
    | {
        readonly kind: ExitKind;
        readonly at: Instant;
        readonly reason?: ClosingReason | undefined;
        readonly duplicateOf?: string | undefined;
      }
    | undefined;
  readonly receivedAt?: Instant | undefined;
  readonly title?: string | undefined;
  readonly description?: TextRef | undefined;
  readonly cwes?: readonly string[] | undefined;
  readonly entries: readonly EntryView[];
  readonly siblings: readonly SiblingView[];
  /** Published advisories, for the reporter. */
  readonly advisories: readonly { readonly repository: Repository; readonly url: string }[];
  readonly release?: Release | undefined;
  readonly announcement?: Announcement | undefined;
  readonly reply?: { readonly url: string; readonly visibleAt: Instant } | undefined;
  readonly facts: readonly Fact[];
  readonly embargo?: Embargo | undefined;
  /** Mails whose text may be loaded. For the reporter still to be narrowed to their own. */
  readonly mails: readonly string[];
  readonly conversation: 'all' | 'own' | 'none';
  readonly reporters: readonly PersonId[];
  readonly credit: Readonly<Record<PersonId, Credit>>;
  readonly response?: Disclosure['response'] | undefined;
  readonly steps?: Partial<Record<TriageStep, StepDone>> | undefined;
  readonly related: readonly string[];
  readonly operators: readonly PersonId[];
  /** The operator's own: something was forwarded to them. */
  readonly forwarded: boolean;
  /** The private report on GitHub that it began as. */
  readonly githubReport?: Disclosure['githubReport'];
  readonly pending: Readonly<Record<string, PendingAct>>;
  readonly seesHandOffs: boolean;
  readonly seesTrail: boolean;
  readonly seesDeliveries: boolean;
}

const selves = (viewer: Viewer): readonly PersonId[] => [viewer.person, ...(viewer.standsFor ?? [])];

/** Does the viewer maintain this entry, in person, as a delegate (R29) or as a recorded person of its group address? */
const isTheirs = (viewer: Viewer, entry: Entry): boolean =>
  selves(viewer).some((self) => entry.maintainer?.people.includes(self) || entry.delegates.includes(self));

/** Has this person anything to do with the disclosure in this role? A role in a token is not enough. */
export function belongs(viewer: Viewer, disclosure: Disclosure): boolean {
  if (viewer.kind === 'member') return true;
  if (viewer.kind === 'reporter') return disclosure.reporters.includes(viewer.person);
  if (viewer.kind === 'operator') return disclosure.operators?.includes(viewer.person) ?? false;
  return disclosure.entries.some((entry) => isTheirs(viewer, entry));
}

const sibling = (entry: Entry): SiblingView => ({
  repository: entry.repository,
  ready: entry.readyAt !== undefined,
  merged: entry.branches.length > 0 && entry.branches.every((branch) => branch.merge !== undefined),
  published: entry.advisory?.state === 'published',
  closed: entry.closed !== undefined,
});

/** Only what the page names: a field that the aggregate gains later is not shown by accident. */
const entryView = (entry: Entry): EntryView => ({
  repository: entry.repository,
  ecosystem: entry.ecosystem,
  package: entry.package,
  affected: entry.affected,
  fixed: entry.fixed,
  severity: entry.severity,
  advisory: entry.advisory,
  handOff: entry.handOff,
  maintainer: entry.maintainer,
  delegates: entry.delegates,
  notifiedAt: entry.notifiedAt,
  branches: entry.branches,
  readyAt: entry.readyAt,
  fixExpected: entry.fixExpected,
  helpAskedAt: entry.helpAskedAt,
  publicPullRequest: entry.publicPullRequest,
  publicationCommandedAt: entry.publicationCommandedAt,
  closed: entry.closed,
});

/** Credit that its reporter chose to be public: a name or a login, never "anonymous" and never nothing. */
const chosenCredit = (credit: Disclosure['credit']): Disclosure['credit'] =>
  Object.fromEntries(Object.entries(credit).filter(([, { choice }]) => choice !== 'anonymous'));

function creditFor(viewer: Viewer, disclosure: Disclosure): Disclosure['credit'] {
  const reach = reachOf(viewer.kind, 'credit');
  if (reach === 'all') return disclosure.credit;
  if (reach === 'own') {
    const own = disclosure.credit[viewer.person];
    return own ? { [viewer.person]: own } : {};
  }
  if (reach !== 'chosen') return {};
  // The person behind a credit is not the credit: maintainers get the words, not the pseudonyms.
  const chosen = Object.values(chosenCredit(disclosure.credit));
  return Object.fromEntries(chosen.map((credit, index) => [String(index + 1), credit]));
}

/** Once it is announced, everybody may know when; who proposed and confirmed it stays inside. */
function releaseFor(viewer: Viewer, { release, announcement }: Disclosure): Release | undefined {
  const reach = reachOf(viewer.kind, 'release');
  if (reach === 'all') return release;
  return reach === 'public' && announcement && release
    ? { at: release.at, proposedBy: 'desk', confirmedBy: [] }
    : undefined;
}

/** Acts that wait for a second person; a maintainer sees those on a repository of theirs alone. */
function pendingFor(viewer: Viewer, disclosure: Disclosure): Readonly<Record<string, PendingAct>> {
  const reach = reachOf(viewer.kind, 'pending');
  const all = Object.entries(disclosure.pending ?? {});
  if (reach === 'all') return Object.fromEntries(all);
  if (reach !== 'own') return {};
  const theirs = disclosure.entries.filter((entry) => isTheirs(viewer, entry));
  return Object.fromEntries(
    all.filter(
      ([, { command }]) =>
        command?.name === 'command-publication' &&
        theirs.some(({ repository }) => repository === command.repository),
    ),
  );
}

function conversationReach(kind: ViewerKind): 'all' | 'own' | 'none' {
  const reach = reachOf(kind, 'conversation');
  return reach === 'all' || reach === 'own' ? reach : 'none';
}

/** What a viewer sees of a disclosure, by the access matrix. Undefined where it is none of theirs. */
export function visible(viewer: Viewer, disclosure: Disclosure): DisclosureView | undefined {
  if (!belongs(viewer, disclosure)) return undefined;
  const { kind } = viewer;
  const sees = (field: DisclosureField) => reachOf(kind, field) === 'all';
  const seesPublic = (field: DisclosureField) => sees(field) || reachOf(kind, field) === 'public';
  const when = <T>(field: DisclosureField, value: T): T | undefined => (sees(field) ? value : undefined);
  const { exit, hold } = disclosure;
  const isOwn = (entry: Entry) => isTheirs(viewer, entry);
  const entries = reachOf(kind, 'entries') === 'own' ? disclosure.entries.filter(isOwn) : disclosure.entries;
  return {
    viewer,
    reference: disclosure.id,
    revision: disclosure.version,
    stage: when('stage', disclosure.stage),
    hold: when('hold', hold && { kind: hold.kind, until: hold.until }),
    exit: when(
      'exit',
      // The original of a duplicate is another person's report: its reference is the members' alone.
      exit && { ...exit, duplicateOf: sees('related') ? exit.duplicateOf : undefined },
    ),
    receivedAt: when('receivedAt', disclosure.receivedAt),
    title: when('title', disclosure.title),
    description: when('description', disclosure.description),
    cwes: when('weaknesses', disclosure.cwes),
    entries: reachOf(kind, 'entries') === 'none' ? [] : entries.map(entryView),
    siblings:
      reachOf(kind, 'siblings') === 'readiness'
        ? disclosure.entries.filter((entry) => !isOwn(entry)).map(sibling)
        : [],
    advisories: seesPublic('advisories')
      ? disclosure.entries.flatMap(({ repository, advisory }) =>
          advisory?.state === 'published' ? [{ repository, url: advisory.url }] : [],
        )
      : [],
    release: releaseFor(viewer, disclosure),
    announcement: seesPublic('announcement') ? disclosure.announcement : undefined,
    reply: seesPublic('announcement') ? disclosure.reply : undefined,
    facts: when('facts', disclosure.facts) ?? [],
    embargo: when('embargo', disclosure.embargo),
    mails: reachOf(kind, 'conversation') === 'none' ? [] : disclosure.intakes,
    conversation: conversationReach(kind),
    reporters: when('reporters', disclosure.reporters) ?? [],
    credit: creditFor(viewer, disclosure),
    response: when('response', disclosure.response),
    steps: when('steps', disclosure.steps),
    related: when('related', disclosure.related) ?? [],
    operators: when('operators', disclosure.operators) ?? [],
    forwarded: reachOf(kind, 'forwarded') === 'own',
    githubReport: when('githubReport', disclosure.githubReport),
    pending: pendingFor(viewer, disclosure),
    seesHandOffs: sees('handOffs'),
    seesTrail: sees('trail'),
    seesDeliveries: sees('deliveries'),
  };
}
