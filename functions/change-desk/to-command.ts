import { DiscourseHandOff, DiscourseMalformed, DiscourseUnavailable } from '#contracts/discourse-port.ts';
import type { Act, FormData, FormFault } from '#contracts/forms.ts';
import { forms, read, readRows } from '#contracts/forms.ts';
import { githubPages } from '#contracts/github-pages.ts';
import { InvalidLocalTimeError, instantOfText } from '#domain/calendar.ts';
import type { Command, OperatorForward } from '#domain/commands.ts';
import { cvssMetrics } from '#domain/cvss-metrics.ts';
import type { Disclosure, TextRef } from '#domain/disclosure.ts';
import type { Instant } from '#domain/instant.ts';
import type { HandOffWhat } from '#domain/letter.ts';
import type { PersonId } from '#domain/people.ts';
import { severityText } from '#domain/rating.ts';
import { InvalidVectorError, severityOf, vectorOf } from '#domain/severity.ts';
import { handOffWords } from '#letters/words.ts';
import type { Values } from '#pages/form.ts';
import { blank } from '#pages/triage-form.ts';
import { uploadName } from '#web/conversation.ts';
import type { ChangeDeskDeps } from './deps.ts';

/** A form that says something impossible: each fault names its field. */
export class BadForm extends Error {
  override readonly name = 'BadForm';
  readonly faults: readonly FormFault[];
  constructor(faults: readonly FormFault[]) {
    super('A form was not accepted.');
    this.faults = faults;
  }
}

const bad = (field: string, message: string): BadForm => new BadForm([{ field, message }]);

/** What a form needs of the world to become a command. */
export interface Translation {
  readonly deps: ChangeDeskDeps;
  readonly disclosure: Disclosure;
  /** Who asks. */
  readonly person: PersonId;
  readonly values: Values;
  readonly file?: File | undefined;
  /** Keeps a text outside the record; a preview only pretends to. */
  readonly keep: (text: string) => Promise<TextRef>;
  /** False on a preview: nobody is recorded then. */
  readonly commits: boolean;
}

/** The canonical vector of a form: the typed one, else the one that the chosen metrics make. */
export function vectorIn(values: Values): string {
  // A vector has no blanks; a mail or a table that it is copied from may break it over lines.
  const typed = values.vector?.replace(/\s/g, '');
  try {
    if (typed) return severityOf(typed).vector ?? typed;
    const chosen = Object.entries(values)
      .filter(([name]) => name.startsWith('cvss_'))
      .map(([name, value]) => [name.slice('cvss_'.length), value]);
    return vectorOf(Object.fromEntries(chosen));
  } catch (error) {
    if (!(error instanceof InvalidVectorError)) throw error;
    if (typed || error.metrics.length === 0) throw bad('vector', error.message);
    throw new BadForm(
      error.metrics.map((metric) => ({
        field: `cvss_${metric}`,
        message: `Choose the ${nameOfMetric(metric)}.`,
      })),
    );
  }
}

const nameOfMetric = (metric: string): string =>
  cvssMetrics.find((each) => each.metric === metric)?.name ?? metric;

const hasVector = (values: Values): boolean =>
  Boolean(values.vector?.trim()) ||
  Object.entries(values).some(([name, value]) => name.startsWith('cvss_') && value !== '' && value !== 'X');

function instantIn(
  deps: ChangeDeskDeps,
  fields: { date: string; time: string; zone: 'desk' | 'utc' },
  wrong = `“${fields.date} ${fields.time}” is no time of any calendar.`,
): Instant {
  try {
    return instantOfText(
      `${fields.date}T${fields.time}`,
      fields.zone === 'utc' ? 'UTC' : deps.settings.policy.zone,
    );
  } catch (error) {
    if (error instanceof InvalidLocalTimeError) throw bad('date', wrong);
    throw error;
  }
}

/** The end of a day in the desk's zone. */
const endOf = (deps: ChangeDeskDeps, date: string): Instant =>
  instantIn(deps, { date, time: '23:59', zone: 'desk' }, `“${date}” is no day of any calendar.`);

function requireTyped(disclosure: Disclosure, typed: string): void {
  if (typed.toUpperCase() !== disclosure.id)
    throw bad(
      'typed',
      `“${typed.slice(0, 40)}” is not the reference of this disclosure. Type ${disclosure.id}.`,
    );
}

async function forwardOf(
  { deps, disclosure, keep }: Translation,
  data: { operator: string; operatorText: string; withAttachments: 'yes' | 'no' },
): Promise<OperatorForward> {
  const person = await deps.store.person(data.operator);
  if (!person?.operator)
    throw bad('operator', 'This is no recorded operator. Choose one of the list; never guess an address.');
  const reportKey = disclosure.intakes[0];
  if (!reportKey) throw bad('operator', 'No mail belongs to this disclosure that could be forwarded.');
  return {
    operator: person.id,
    instance: person.operator.instance,
    text: await keep(data.operatorText),
    reportKey,
    withAttachments: data.withAttachments === 'yes',
  };
}

const replyIn = async ({ keep }: Translation, text: string | undefined) =>
  text ? { reply: await keep(text) } : {};

/** A template's text, once a member has written what it leaves to them. */
function filled(field: string, text: string): string {
  if (text.includes(blank)) throw bad(field, `Write to the reporter what stands as “${blank}” yet.`);
  return text;
}

/** The outcome of triage as one command; "valid" and "operator" combine. */
async function triage(t: Translation, data: FormData<'triage'>): Promise<Command> {
  switch (data.outcome) {
    case 'valid':
    case 'valid-operator': {
      const { rows, faults } = readRows(t.values);
      const vector = collect(faults, () => vectorIn(t.values));
      return {
        name: 'accept',
        title: data.title,
        description: await t.keep(data.description),
        repositories: rows,
        vector,
        ...(data.cwes && { cwes: data.cwes.split(/[ ,]+/) }),
        ...(await replyIn(t, data.reply_valid)),
        ...(data.outcome === 'valid-operator' && { operator: await forwardOf(t, data) }),
      };
    }
    case 'operator':
      return {
        name: 'forward',
        operator: await forwardOf(t, data),
        ends: true,
        ...(await replyIn(t, data.reply_operator)),
      };
    case 'needs-information':
      return { name: 'ask-information', reply: await t.keep(data['reply_needs-information']) };
    case 'duplicate': {
      if (!(await t.deps.store.disclosure(data.duplicateOf)))
        throw bad('duplicateOf', `There is no disclosure ${data.duplicateOf}.`);
      return { name: 'mark-duplicate', of: data.duplicateOf, ...(await replyIn(t, data.reply_duplicate)) };
    }
    case 'invalid':
      return { name: 'mark-invalid', reply: await t.keep(filled('reply_invalid', data.reply_invalid)) };
    case 'spam':
      return { name: 'mark-spam' };
    case 'advice':
      return {
        name: 'answer',
        about: 'advice',
        reply: await t.keep(filled('reply_advice', data.reply_advice)),
      };
    case 'scoring': {
      const vector = vectorIn(t.values);
      const score = `CVSS 3.1: ${severityText(severityOf(vector))} (${vector})`;
      return {
        name: 'answer',
        about: 'scoring',
        vector,
        reply: await t.keep(`${score}\n\n${data.reply_scoring}`),
      };
    }
  }
}

/** Shows faults of rows and of the vector together, not one after the other. */
function collect(faults: readonly FormFault[], vector: () => string): string {
  try {
    const found = vector();
    if (faults.length > 0) throw new BadForm(faults);
    return found;
  } catch (error) {
    if (error instanceof BadForm && error.faults !== faults) throw new BadForm([...faults, ...error.faults]);
    throw error;
  }
}

/** A topic of the forum, as it is visible now; null where everyone can read none there. */
async function topicAt(t: Translation, url: string) {
  if (!t.deps.forum) throw bad('url', 'No forum is configured for this desk.');
  try {
    return await t.deps.forum.getTopic(url);
  } catch (error) {
    if (
      error instanceof DiscourseHandOff ||
      error instanceof DiscourseUnavailable ||
      error instanceof DiscourseMalformed
    )
      throw bad(
        'url',
        'The forum did not answer as it should. Nothing was changed; please try again in a few minutes.',
      );
    throw error;
  }
}

/** Is it the address of a topic of our forum, whether or not everyone can read it yet? */
function inForum({ deps }: Translation, url: string, topic?: number): boolean {
  const base = deps.settings.discourse?.base.replace(/\/$/, '');
  const path = base && url.startsWith(`${base}/t/`) ? url.slice(base.length) : '';
  const id = /^\/t\/(?:[^/]*[^/\d][^/]*\/)?(\d{1,12})(?:[/?#]|$)/.exec(path)?.[1];
  return id !== undefined && (topic === undefined || Number(id) === topic);
}

/** What waits for a moderator is linked all the same: the desk watches it, and tells when everyone can read it. */
async function announcement(t: Translation, url: string): Promise<Command> {
  const topic = await topicAt(t, url);
  if (!topic?.visible || !topic.visibleSince) {
    if (inForum(t, url)) return { name: 'link-announcement', url };
    throw bad('url', 'This is no topic of our forum. Copy the address from the topic itself.');
  }
  return {
    name: 'see-announcement',
    url: topic.url,
    topic: topic.id,
    visibleAt: topic.visibleSince,
    established: 'linked',
  };
}

async function reply(t: Translation, url: string): Promise<Command> {
  const linked = t.disclosure.announcement;
  if (!linked) throw bad('url', 'There is no announcement to reply to. Link the announcement first.');
  const topic = await topicAt(t, linked.url);
  const post = topic?.replies.find((each) => each.url === url || url.startsWith(`${each.url}?`));
  if (!post) {
    if (inForum(t, url, linked.topic)) return { name: 'link-reply', url };
    throw bad('url', 'This is no reply in the announcement’s topic. Copy it from the reply’s own link.');
  }
  return { name: 'see-reply', url: post.url, visibleAt: post.createdAt };
}

/** Maintainers by address: one group address, or a sorted set of owners (policy, "Who maintains"). */
async function maintainer(t: Translation, data: FormData<'name-maintainer'>): Promise<Command> {
  const addresses = [...new Set(data.addresses.split(/[\s,;]+/).filter(Boolean))];
  const wrong = addresses.find((address) => !/^[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$/.test(address));
  if (wrong) throw bad('addresses', `“${wrong.slice(0, 60)}” is no address. Write one a line.`);
  if (addresses.length > 10)
    throw bad('addresses', 'At most ten addresses; a group’s address is better then.');
  const people = t.commits
    ? await Promise.all(addresses.map((address) => t.deps.enrol(address, 'maintainer')))
    : addresses.map((address) => ({ id: t.deps.signer.pseudonym(address), group: undefined }));
  if (people.some((person) => person.group?.people.length === 0))
    throw bad(
      'addresses',
      'One of these is a group’s address without recorded persons. Record one under “Contacts” first, or give a person’s.',
    );
  const ids = people.map(({ id }) => id).sort();
  const single = people.length === 1 ? people[0] : undefined;
  return {
    name: 'name-maintainer',
    repository: data.repository,
    maintainer: {
      id: single?.group ? `group:${single.id}` : `owners:${ids.join(',')}`,
      people: ids,
      source: 'member',
    },
    reason: data.reason,
  };
}

async function delegate(t: Translation, data: FormData<'name-delegate'>): Promise<Command> {
  const id = t.commits
    ? (await t.deps.enrol(data.address, 'maintainer')).id
    : t.deps.signer.pseudonym(data.address);
  return {
    name: 'name-delegate',
    repository: data.repository,
    delegate: id,
    forGood: data.forGood === 'good',
    ...(data.reason && { reason: data.reason }),
  };
}

function advisory({ deps, disclosure }: Translation, data: FormData<'record-advisory'>): Command {
  const ghsa = /GHSA(-[a-z0-9]{4}){3}/i.exec(data.url)?.[0].replace(/^ghsa/i, 'GHSA') ?? '';
  const named = `GHSA${ghsa.slice(4).toLowerCase()}`;
  const url = `${githubPages(deps.settings)}/${data.repository}/security/advisories/${named}`;
  const elsewhere = /^https?:\/\/[^/]+\/([^/]+\/[^/]+)\/security/.exec(data.url)?.[1];
  if (elsewhere && elsewhere.toLowerCase() !== data.repository.toLowerCase())
    throw bad('url', `This advisory is one of ${elsewhere}, not of ${data.repository}.`);
  if (disclosure.entries.some((entry) => entry.advisory?.ghsa === named))
    throw bad('url', `${named} is recorded already.`);
  return {
    name: 'record-advisory',
    repository: data.repository,
    // Its own address, not what was pasted: the reply to the announcement links it in public.
    advisory: { ghsa: named, url, state: 'draft' },
  };
}

async function addition(t: Translation, data: FormData<'add-text'>): Promise<Command> {
  if (!data.text && !t.file) throw bad('text', 'Write something, or choose a file.');
  const attachments: string[] = [];
  if (t.file) {
    const bytes = new Uint8Array(await t.file.arrayBuffer());
    const body = await t.keep(Buffer.from(bytes).toString('base64'));
    const digest = await crypto.subtle.digest('SHA-256', bytes);
    const upload = {
      name: t.file.name.replace(/[^\p{L}\p{N} ._()-]/gu, '_').slice(0, 120) || 'file',
      type: 'application/octet-stream',
      size: bytes.length,
      sha256: Buffer.from(digest).toString('hex'),
      body,
    };
    attachments.push(uploadName(await t.keep(JSON.stringify(upload))));
  }
  return {
    name: 'add-text',
    text: await t.keep(data.text ?? 'A file was added.'),
    ...(attachments.length > 0 && { attachments }),
  };
}

function credit(data: FormData<'choose-credit'>): Command {
  if (data.choice === 'anonymous') return { name: 'choose-credit', credit: { choice: 'anonymous' } };
  const as = data.choice === 'name' ? data.name : data.login?.replace(/^@/, '');
  if (!as) throw bad(data.choice, data.choice === 'name' ? 'Write the name.' : 'Write your GitHub login.');
  return { name: 'choose-credit', credit: { choice: data.choice, as } };
}

function adjudication(t: Translation, data: FormData<'adjudicate'>): Command {
  if (data.how === 'vector') {
    const vector = vectorIn(t.values);
    const { rating, score } = severityOf(vector);
    return { name: 'adjudicate', repository: data.repository, severity: { rating, score, vector } };
  }
  if (!data.label) throw bad('label', 'Choose a rating.');
  return { name: 'adjudicate', repository: data.repository, severity: { rating: data.label } };
}

function merge(t: Translation, data: FormData<'record-merge'>): Command {
  const { date, time, zone, reason, ...kept } = data;
  if ((date || time || zone) && !(date && time && zone))
    throw bad('date', 'Give day, time and zone of the merge, or leave all three empty for “just now”.');
  return {
    name: 'record-merge',
    ...kept,
    ...(date && time && zone && { at: instantIn(t.deps, { date, time, zone }) }),
    ...(reason && { reason }),
  };
}

/** The command that waits for a second person, as the first one gave it. */
function waiting({ disclosure, person, commits }: Translation, data: FormData<'confirm-act'>): Command {
  const { by, command } = disclosure.pending?.[data.key] ?? {};
  if (!command || by === person)
    throw bad('main', 'It does not wait for you: it happened meanwhile, or you asked for it yourself.');
  if (!commits) return command;
  if (confirmedBy(command) === 'reference') requireTyped(disclosure, data.typed ?? '');
  else if (!data.sure) throw bad('sure', 'Tick the box to say that you have read it.');
  return command;
}

/** How a second person shows that they mean it: what cannot be undone asks for the reference. */
export const confirmedBy = (command: Command): 'tick' | 'reference' =>
  command.name === 'go-public-early' || command.name === 'command-publication' ? 'reference' : 'tick';

type Translators = { readonly [A in Act]: (t: Translation, data: FormData<A>) => Command | Promise<Command> };

const translators: Translators = {
  triage,
  'record-step': (_t, data) => ({ name: 'record-step', ...data }),
  'reply-to-reporter': async (t, { text }) => ({ name: 'reply-to-reporter', text: await t.keep(text) }),
  close: async (t, { reason, reply: words, typed }) => {
    requireTyped(t.disclosure, typed);
    return { name: 'close', reason, ...(await replyIn(t, words)) };
  },
  resume: () => ({ name: 'resume' }),
  defer: ({ deps }, { date, reason }) => ({ name: 'defer', until: endOf(deps, date), reason }),
  reopen: (_t, { reason }) => ({ name: 'reopen', reason }),
  'add-repository': (t, { vector: _vector, ...repository }) => ({
    name: 'add-repository',
    repository,
    ...(hasVector(t.values) && { vector: vectorIn(t.values) }),
  }),
  'name-maintainer': maintainer,
  'name-delegate': delegate,
  adjudicate: adjudication,
  'comment-severity': (_t, { repository, what, comment }) => {
    if (what === 'comment' && !comment) throw bad('comment', 'Write the comment, or choose “none”.');
    return { name: 'comment-severity', repository, comment: what === 'comment' ? (comment ?? null) : null };
  },
  'ask-help': async (t, { repository, text }) => ({
    name: 'ask-help',
    repository,
    ...(text && { text: await t.keep(text) }),
  }),
  'expect-fix': ({ deps }, { repository, date }) => {
    // A day that does not exist (31 February) has no end.
    endOf(deps, date);
    return { name: 'expect-fix', repository, on: date };
  },
  disown: async (t, { repository, suggestion }) => ({
    name: 'disown',
    repository,
    ...(suggestion && { text: await t.keep(suggestion) }),
  }),
  'report-public-pull-request': (_t, data) => ({ name: 'report-public-pull-request', ...data }),
  'decide-public-pull-request': (_t, data) => ({ name: 'decide-public-pull-request', ...data }),
  'close-entry': (_t, data) => ({ name: 'close-entry', ...data }),
  'record-ready': (_t, { repository, reason }) => ({
    name: 'record-ready',
    repository,
    ...(reason && { reason }),
  }),
  'propose-release': ({ deps }, data) => ({ name: 'propose-release', at: instantIn(deps, data) }),
  'confirm-release': (_t, { at, reason }) => ({ name: 'confirm-release', at, ...(reason && { reason }) }),
  'see-announcement': (t, { url }) => announcement(t, url),
  'command-post': (_t, { what, reason }) => ({ name: 'command-post', what, ...(reason && { reason }) }),
  'record-merge': merge,
  'command-publication': (t, { repository, typed, reason }) => {
    requireTyped(t.disclosure, typed);
    return { name: 'command-publication', repository, ...(reason && { reason }) };
  },
  'see-reply': (t, { url }) => reply(t, url),
  'record-fact': (_t, data) => ({ name: 'record-fact', ...data }),
  'retract-fact': (_t, data) => ({ name: 'retract-fact', ...data }),
  'go-public-early': (t, { reason, typed }) => {
    requireTyped(t.disclosure, typed);
    return { name: 'go-public-early', reason };
  },
  'renew-embargo': ({ deps }, { date, reason }) => ({
    name: 'renew-embargo',
    until: endOf(deps, date),
    reason,
  }),
  'record-advisory': advisory,
  'hand-off-done': (_t, { handOff }) => {
    const [what = '', repository] = handOff.split(' ');
    if (!(what in handOffWords)) throw bad('handOff', 'Choose what you did.');
    return { name: 'hand-off-done', what: what as HandOffWhat, ...(repository && { repository }) };
  },
  'confirm-act': waiting,
  'choose-credit': (_t, data) => credit(data),
  'add-text': addition,
};

/**
 * What a form asks for, as a command.
 *
 * @throws {BadForm} with what was found and what is allowed, field by field.
 */
export async function toCommand<A extends Act>(act: A, t: Translation): Promise<Command> {
  const result = read(forms[act], t.values);
  if (!result.ok) throw new BadForm([...result.faults, ...rowFaults(act, t.values)]);
  return translators[act](t, result.data as FormData<A>);
}

/** Where the form itself is faulty, its rows and vector are checked all the same: every fault is shown at once. */
function rowFaults(act: Act, values: Values): readonly FormFault[] {
  if (act !== 'triage' || (values.outcome !== 'valid' && values.outcome !== 'valid-operator')) return [];
  const { faults } = readRows(values);
  try {
    vectorIn(values);
    return faults;
  } catch (error) {
    return error instanceof BadForm ? [...faults, ...error.faults] : faults;
  }
}
