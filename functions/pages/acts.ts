import type { Act } from '#contracts/forms.ts';
import type { DisclosureView, EntryView, ViewerKind } from '#domain/access.ts';
import type { Command, CommandName } from '#domain/commands.ts';
import { factKinds, type PendingAct, type Release, triageSteps } from '#domain/disclosure.ts';
import { closingReasons, stages, transitionOf } from '#domain/lifecycle.ts';
import { permissions } from '#domain/permissions.ts';
import { handOffWords, ratingWords, reasonWords } from '#letters/words.ts';
import { cvssField } from './cvss.ts';
import type { Field, FormSpec } from './form.ts';
import { type Html, html, outward, type PageContext, time } from './html.ts';
import type { HandOffView } from './model.ts';
import { repositoryFields, type TriageOptions, triageForm } from './triage-form.ts';

/** Texts that are ready to post in the forum. */
export interface ReadyPost {
  readonly title?: string | undefined;
  readonly body: string;
  /** The forum's own page, filled in; absent where it has none (a reply). */
  readonly prefilled?: string | undefined;
}

/** What forms offer besides what the disclosure says. */
export interface ActOptions extends TriageOptions {
  readonly context: PageContext;
  readonly noticeHours: number;
  readonly postsToDiscourse: boolean;
  readonly needsTwo: {
    readonly forward: boolean;
    readonly earlyPublic: boolean;
    readonly publish: boolean;
  };
  /** Where GitHub's pages are. */
  readonly githubPages: string;
  readonly handOffs: readonly HandOffView[];
  readonly announcement?: ReadyPost | undefined;
  readonly reply?: ReadyPost | undefined;
}

export interface ActInput {
  readonly view: DisclosureView;
  readonly entry?: EntryView | undefined;
  readonly options: ActOptions;
}

/** One thing a person can do with a disclosure. */
export interface ActInfo {
  readonly label: string;
  readonly hint: string;
  readonly perEntry?: true;
  /** Shown as it will be sent before it happens: it is grave, or somebody's words leave the desk. */
  readonly preview?: true;
  /** Cannot be undone. */
  readonly grave?: true;
  readonly when?: (view: DisclosureView, entry: EntryView | undefined) => boolean;
  readonly form: (input: ActInput) => Omit<FormSpec, 'act' | 'title'>;
}

const reason = (hint = 'It is recorded, and the group is told.'): Field => ({
  kind: 'area',
  name: 'reason',
  label: 'Why',
  hint,
});

/** A member who acts in a maintainer's place says why; a maintainer need not. */
const memberReason = ({ view }: ActInput): readonly Field[] =>
  view.viewer.kind === 'member'
    ? [reason('You act in the maintainer’s place. Say why; it is recorded.')]
    : [];

const tick = (label: string, hint?: string): Field => ({
  kind: 'tick',
  name: 'sure',
  label,
  ...(hint && { hint }),
});

const typed = ({ view }: ActInput): Field => ({
  kind: 'text',
  name: 'typed',
  label: `Type the reference, ${view.reference}`,
  hint: 'This cannot be undone. Typing it shows that you mean this one.',
  short: true,
});

const closing: Field = {
  kind: 'choice',
  name: 'reason',
  label: 'Why is it closed?',
  options: closingReasons.map((value) => ({ value, label: capital(reasonWords[value]) })),
};

const date = (label: string, hint: string): Field => ({ kind: 'date', name: 'date', label, hint });
const zoneChoice = ({ options }: ActInput): Field => ({
  kind: 'select',
  name: 'zone',
  label: 'In which zone?',
  options: [
    { value: 'utc', label: 'UTC' },
    { value: 'desk', label: options.context.zone },
  ],
});

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const stepWords: Readonly<Record<(typeof triageSteps)[number], string>> = {
  verify: 'Verify the report',
  reply: 'Reply to the reporter',
  forward: 'Forward what concerns an operator',
  'identify-repositories': 'Identify the affected repositories',
  score: 'Score the severity',
  'open-advisories': 'Open draft advisories',
  'notify-maintainers': 'Notify the maintainers',
};

export { stepWords };

export const factWords: Readonly<Record<(typeof factKinds)[number], string>> = {
  'vendor-aware': 'The maintainers know',
  'fix-ready': 'The fix is ready',
  'fix-public': 'The fix is public',
  'flaw-public': 'The flaw is public',
  'exploit-public': 'An exploit is public',
  'attacks-seen': 'Attacks have been seen',
};

/** A post word for word; where it is not ready yet, `otherwise` says when it will be. */
export const readyPost = (
  ready: ReadyPost | undefined,
  otherwise = 'It is ready once the release instant is confirmed.',
): Html =>
  ready
    ? html`${ready.title ? html`<p><strong>Title:</strong> ${ready.title}</p>` : ''}<pre>${ready.body}</pre>${ready.prefilled ? html`<p>${outward(ready.prefilled, 'Open it in the forum, filled in')}</p>` : ''}`
    : html`<p class="soft">${otherwise}</p>`;

/** A maintainer confirms once; a member may confirm in the place of those who have not. */
const lacksWord = (view: DisclosureView, { confirmedBy }: Pick<Release, 'confirmedBy'>): boolean =>
  view.viewer.kind === 'member' ||
  view.entries.some(
    ({ maintainer, closed }) => !closed && maintainer && !confirmedBy.includes(maintainer.id),
  );

/** Everything that can be done on a disclosure's pages, but for triage; in the order in which pages offer it. */
export const acts: Readonly<Record<Act, ActInfo>> = {
  triage: {
    label: 'Triage this report',
    hint: 'Say what it is, score it, answer the reporter.',
    preview: true,
    when: (view) => view.stage === 'received',
    form: ({ view, options }) => triageForm(view, options),
  },
  'reply-to-reporter': {
    label: 'Reply to the reporter',
    hint: 'In the thread of their mail, from the security address.',
    preview: true,
    when: (view) => view.reporters.length > 0,
    form: () => ({
      fields: [
        {
          kind: 'area',
          name: 'text',
          label: 'Your reply',
          long: true,
          hint: 'The reporter gets it as you write it, signed by the working group.',
        },
      ],
      button: 'Check the reply',
    }),
  },
  'record-step': {
    label: 'Record a step of triage',
    hint: 'One of the seven, done outside the desk.',
    form: () => ({
      fields: [
        {
          kind: 'choice',
          name: 'step',
          label: 'Which step was done?',
          options: triageSteps.map((value) => ({ value, label: stepWords[value] })),
        },
      ],
      button: 'Record the step',
    }),
  },
  adjudicate: {
    label: 'Judge the severity',
    hint: 'Your judgement wins at once; the advisory follows.',
    perEntry: true,
    form: () => ({
      className: 'how-form',
      cvss: true,
      fields: [
        {
          kind: 'choice',
          name: 'how',
          label: 'How do you say it?',
          options: [
            { value: 'vector', label: 'With a CVSS 3.1 vector', hint: 'The desk computes the score.' },
            { value: 'label', label: 'With a rating alone', hint: 'No vector is made up for it.' },
          ],
        },
        { kind: 'only', when: ['vector'], fields: [cvssField] },
        {
          kind: 'only',
          when: ['label'],
          fields: [
            {
              kind: 'choice',
              name: 'label',
              label: 'Rating',
              options: (['critical', 'high', 'medium', 'low', 'none'] as const).map((value) => ({
                value,
                label: ratingWords[value],
              })),
            },
          ],
        },
      ],
      button: 'Put this severity in force',
    }),
  },
  'comment-severity': {
    label: 'Comment on the severity',
    hint: 'The maintainer’s word holds; your comment is recorded.',
    perEntry: true,
    when: (_view, entry) => entry?.severity.commentAsked === true,
    form: () => ({
      fields: [
        {
          kind: 'choice',
          name: 'what',
          label: 'Do you comment?',
          options: [
            { value: 'comment', label: 'Yes, as below' },
            { value: 'none', label: 'None: I have nothing to add' },
          ],
        },
        { kind: 'area', name: 'comment', label: 'Comment', optional: true },
      ],
      button: 'Record the comment',
    }),
  },
  'ask-help': {
    label: 'Ask for help',
    hint: 'The working group answers, or finds a volunteer.',
    perEntry: true,
    form: () => ({
      fields: [
        {
          kind: 'area',
          name: 'text',
          label: 'What you need help with',
          hint: 'The working group reads it on the disclosure’s page; it stands in no mail.',
          optional: true,
        },
        tick('Yes, please help with this one', 'The on-duty member is told.'),
      ],
      button: 'Ask for help',
    }),
  },
  'expect-fix': {
    label: 'Say when the fix is expected',
    hint: 'It counts as an answer to a reminder.',
    perEntry: true,
    form: () => ({
      fields: [date('Fix expected on', 'A day is enough. It promises nothing.')],
      button: 'Record the day',
    }),
  },
  'name-delegate': {
    label: 'Name a delegate',
    hint: 'They may do all that a maintainer may.',
    perEntry: true,
    preview: true,
    form: (input) => ({
      fields: [
        { kind: 'email', name: 'address', label: 'Their address', hint: 'They get a link of their own.' },
        {
          kind: 'choice',
          name: 'forGood',
          label: 'For how long?',
          options: [
            { value: 'this', label: 'For this disclosure' },
            { value: 'good', label: 'For good: for every disclosure that comes to this maintainer' },
          ],
        },
        ...memberReason(input),
      ],
      button: 'Check the delegate',
    }),
  },
  disown: {
    label: 'Not ours: reassign',
    hint: 'The working group finds the maintainer.',
    perEntry: true,
    form: () => ({
      fields: [
        {
          kind: 'text',
          name: 'suggestion',
          label: 'Who maintains it, if you know',
          optional: true,
        },
        tick('This repository is not ours'),
      ],
      button: 'Hand it back',
    }),
  },
  'record-ready': {
    label: 'The fix is ready',
    hint: 'In the private fork, reviewed, for every required branch.',
    perEntry: true,
    when: (_view, entry) => entry?.readyAt === undefined,
    form: (input) => ({
      fields: [
        tick(
          'The fix is ready in the temporary private fork',
          `For: ${input.entry?.branches.map(({ name }) => name).join(', ')}`,
        ),
        ...memberReason(input),
      ],
      button: 'Record that it is ready',
    }),
  },
  'propose-release': {
    label: 'Propose the release instant',
    hint: 'When the fix becomes public, in every repository at once.',
    form: (input) => ({
      intro: html`<p>The announcement has to be visible for at least ${input.options.noticeHours} hours before the patch is. The category may be moderated: leave some time for that, and avoid a Friday or a weekend. An earlier instant is refused, unless the embargo has ended.</p>`,
      fields: [
        {
          kind: 'group',
          fields: [
            { kind: 'date', name: 'date', label: 'Day' },
            { kind: 'time', name: 'time', label: 'Time' },
            zoneChoice(input),
          ],
        },
      ],
      button: 'Propose this instant',
    }),
  },
  'confirm-release': {
    label: 'Confirm the release instant',
    hint: 'It holds when every maintainer has confirmed it.',
    when: (view) =>
      view.release !== undefined && view.release.confirmedAt === undefined && lacksWord(view, view.release),
    form: (input) => ({
      intro: input.view.release
        ? html`<p>Proposed: ${time(input.options.context, input.view.release.at)}</p>`
        : undefined,
      fields: [tick('Yes, release then'), ...memberReason(input)],
      button: 'Confirm this instant',
    }),
  },
  'command-post': {
    label: 'Post it for me',
    hint: 'The desk posts the announcement, or the reply, in the forum.',
    preview: true,
    when: (view) => view.release?.confirmedAt !== undefined,
    form: (input) => ({
      intro: html`<h2>Announcement</h2>${readyPost(input.options.announcement)}${input.options.reply ? html`<h2>Reply</h2>${readyPost(input.options.reply)}` : ''}`,
      fields: input.options.postsToDiscourse
        ? [
            {
              kind: 'choice',
              name: 'what',
              label: 'What shall the desk post?',
              options: [
                { value: 'announcement', label: 'The announcement' },
                { value: 'reply', label: 'The reply with the links' },
              ],
            },
            ...memberReason(input),
          ]
        : [],
      button: 'Check the post',
    }),
  },
  'see-announcement': {
    label: 'Link the announcement',
    hint: 'Paste the address of the post you made.',
    when: (view) => view.release?.confirmedAt !== undefined,
    form: ({ options }) => ({
      intro: html`<p>Post this in the forum’s security category, then paste the address of the topic here. If the forum says that the title is taken, a topic that announces the very same stands there already: paste its address.</p>${readyPost(options.announcement)}`,
      fields: [{ kind: 'url', name: 'url', label: 'Address of the announcement' }],
      button: 'Link the announcement',
    }),
  },
  'record-merge': {
    label: 'Report a merged fix',
    hint: 'A commit or a pull request, branch by branch.',
    perEntry: true,
    when: (_view, entry) => entry?.branches.some(({ merge }) => !merge) === true,
    form: (input) => ({
      intro: html`<p>The first merge makes the fix public for the whole disclosure. From the last one on, advisory and reply are due.</p>`,
      fields: [
        {
          kind: 'choice',
          name: 'branch',
          label: 'Which branch has the fix now?',
          options: (input.entry?.branches ?? [])
            .filter(({ merge }) => !merge)
            .map(({ name, claimed }) => ({
              value: name,
              label: name,
              ...(claimed && { hint: `A push was seen: ${claimed.sha.slice(0, 12)}` }),
            })),
        },
        { kind: 'url', name: 'url', label: 'Address of the commit or pull request' },
        {
          kind: 'group',
          fields: [
            { kind: 'date', name: 'date', label: 'Day of the merge', optional: true },
            { kind: 'time', name: 'time', label: 'Time', optional: true },
            { ...zoneChoice(input), optional: true } as Field,
          ],
        },
        ...memberReason(input),
      ],
      button: 'Report the merge',
    }),
  },
  'command-publication': {
    label: 'Publish the advisory',
    hint: 'The desk publishes it on GitHub, on your word.',
    perEntry: true,
    preview: true,
    grave: true,
    when: (view, entry) =>
      entry?.advisory !== undefined &&
      entry.advisory.state !== 'published' &&
      (view.embargo?.ended !== undefined || entry.branches.every(({ merge }) => merge)),
    form: (input) => ({
      intro: html`<p>Everybody can read the advisory then, and GitHub deletes its private fork. ${input.options.needsTwo.publish ? 'Another person confirms it.' : ''}</p>`,
      fields: [...memberReason(input), typed(input)],
      button: `Publish the advisory of ${input.entry?.repository}`,
    }),
  },
  'see-reply': {
    label: 'Link the reply to the announcement',
    hint: 'It carries the links to advisory, fix and backports.',
    when: (view) => view.announcement !== undefined && view.reply === undefined,
    form: ({ options }) => ({
      intro: html`<p>Post this as a reply to the announcement, then paste its address here.</p>${readyPost(options.reply, 'It is ready once every advisory is published: its links would lead nowhere before.')}`,
      fields: [{ kind: 'url', name: 'url', label: 'Address of the reply' }],
      button: 'Link the reply',
    }),
  },
  'report-public-pull-request': {
    label: 'Report a public pull request',
    hint: 'The fix was shown by accident: the group decides what follows.',
    perEntry: true,
    form: () => ({
      fields: [{ kind: 'url', name: 'url', label: 'Address of the pull request' }],
      button: 'Report it',
    }),
  },
  'decide-public-pull-request': {
    label: 'Decide on the public pull request',
    hint: 'By severity; never automatic.',
    perEntry: true,
    when: (_view, entry) =>
      entry?.publicPullRequest !== undefined && entry.publicPullRequest.decision === undefined,
    form: ({ entry }) => ({
      intro: entry?.publicPullRequest ? html`<p>${outward(entry.publicPullRequest.url)}</p>` : undefined,
      fields: [
        {
          kind: 'choice',
          name: 'decision',
          label: 'What follows?',
          options: [
            { value: 'keep-embargo', label: 'The embargo stays', hint: 'The pull request is taken down.' },
            { value: 'end-embargo', label: 'The embargo ends', hint: 'Maintainers are told at once.' },
          ],
        },
        reason(),
      ],
      button: 'Record the decision',
    }),
  },
  'record-advisory': {
    label: 'Done by hand: the advisory',
    hint: 'You opened the draft advisory on GitHub yourself.',
    perEntry: true,
    when: (_view, entry) => entry?.advisory === undefined,
    form: ({ entry, options }) => ({
      intro: html`<ol><li>Open ${outward(`${options.githubPages}/${entry?.repository}/security/advisories/new`, 'a new draft advisory')}.</li><li>Take title, description and vector from this disclosure’s page.</li><li>Add the maintainers, start the temporary private fork.</li></ol>`,
      fields: [
        {
          kind: 'text',
          name: 'url',
          label: 'Address or number of the advisory',
          hint: 'Like GHSA-xxxx-xxxx-xxxx.',
        },
      ],
      button: 'Done: record the advisory',
    }),
  },
  'hand-off-done': {
    label: 'Done by hand: something else',
    hint: 'What the desk asked a person to do on GitHub or in the forum.',
    form: ({ options }) => ({
      intro:
        options.handOffs.length === 0
          ? html`<p class="soft">Nothing waits to be done by hand.</p>`
          : html`<p>Say so once it is done. It is recorded, with your name.</p>`,
      fields:
        options.handOffs.length === 0
          ? []
          : [
              {
                kind: 'choice',
                name: 'handOff',
                label: 'What did you do?',
                options: options.handOffs.map(({ id, what, repository, why }) => ({
                  value: id,
                  label: repository ? `${handOffWords[what]}: ${repository}` : handOffWords[what],
                  hint: why,
                })),
              },
            ],
      button: 'Done: record it',
    }),
  },
  'confirm-act': {
    label: 'Confirm the waiting act',
    hint: 'Another person asked for it; it needs two.',
    preview: true,
    when: (view) => waitingFor(view).length > 0,
    form: () => ({ fields: [], button: 'Confirm it' }),
  },
  'name-maintainer': {
    label: 'Name the maintainer',
    hint: 'The clock of reminders starts anew at their notification.',
    perEntry: true,
    form: () => ({
      fields: [
        {
          kind: 'area',
          name: 'addresses',
          label: 'Addresses',
          hint: 'One a line. Several together are one maintainer.',
        },
        reason(),
      ],
      button: 'Name the maintainer',
    }),
  },
  'add-repository': {
    label: 'Add a repository',
    hint: 'Another one that has the flaw.',
    form: () => ({
      cvss: true,
      fields: [...repositoryFields(), cvssField],
      button: 'Add the repository',
    }),
  },
  'close-entry': {
    label: 'Close this repository’s entry',
    hint: 'With a reason; reminders for it stop.',
    perEntry: true,
    preview: true,
    when: (_view, entry) => entry?.closed === undefined,
    form: () => ({
      fields: [closing, { kind: 'area', name: 'note', label: 'Note for the record', optional: true }],
      button: 'Check, then close the entry',
    }),
  },
  'record-fact': {
    label: 'Record what became known',
    hint: 'A public flaw or exploit ends the embargo at once.',
    preview: true,
    form: () => ({
      fields: [
        {
          kind: 'choice',
          name: 'fact',
          label: 'What became known?',
          options: factKinds.map((value) => ({ value, label: factWords[value] })),
        },
        reason('Where was it seen? It is recorded.'),
      ],
      button: 'Check what follows',
    }),
  },
  'retract-fact': {
    label: 'Retract a fact',
    hint: 'It was wrong. An embargo that ended stays ended.',
    when: (view) => view.facts.some(({ retractedAt }) => !retractedAt),
    form: ({ view }) => ({
      fields: [
        {
          kind: 'choice',
          name: 'fact',
          label: 'What was wrong?',
          options: view.facts
            .filter(({ retractedAt }) => !retractedAt)
            .map(({ kind }) => ({ value: kind, label: factWords[kind] })),
        },
        reason(),
      ],
      button: 'Retract the fact',
    }),
  },
  'go-public-early': {
    label: 'Take the early-public path',
    hint: 'Skips the wait; a recorded deviation.',
    preview: true,
    grave: true,
    when: (view) => view.embargo?.ended === undefined,
    form: (input) => ({
      intro: html`<p>The embargo ends at once, the announcement’s notice is skipped, and every maintainer is told. ${input.options.needsTwo.earlyPublic ? 'Another member confirms it.' : ''}</p>`,
      fields: [reason('It is recorded as a deviation.'), typed(input)],
      button: 'Check what follows',
    }),
  },
  'renew-embargo': {
    label: 'Renew the embargo',
    hint: 'An explicit decision, with a reason.',
    when: (view) => view.embargo !== undefined && view.embargo.ended === undefined,
    form: () => ({
      fields: [date('Until', 'The end of that day, in the desk’s zone.'), reason()],
      button: 'Renew the embargo',
    }),
  },
  defer: {
    label: 'Defer',
    hint: 'Nothing is expected until a day. Reminders go on.',
    when: (view) => view.hold === undefined,
    form: () => ({
      fields: [date('Until', 'It returns to the stage it has.'), reason()],
      button: 'Defer it',
    }),
  },
  resume: {
    label: 'Lift the hold',
    hint: 'It goes on at the stage it has.',
    when: (view) => view.hold !== undefined,
    form: () => ({ fields: [tick('Yes, go on with it')], button: 'Lift the hold' }),
  },
  close: {
    label: 'Close the disclosure',
    hint: 'It ends for everyone, with a reason.',
    preview: true,
    grave: true,
    form: (input) => ({
      fields: [
        closing,
        {
          kind: 'area',
          name: 'reply',
          label: 'Reply to the reporter',
          hint: 'They are told the outcome in any case.',
          optional: true,
        },
        typed(input),
      ],
      button: 'Check, then close the disclosure',
    }),
  },
  reopen: {
    label: 'Reopen',
    hint: 'It returns to the stage it had.',
    when: (view) => view.exit !== undefined,
    form: () => ({ fields: [reason()], button: 'Reopen it' }),
  },
  'choose-credit': {
    label: 'Choose your credit',
    hint: 'How the advisory names you. Nothing is set before you choose.',
    form: () => ({
      fields: [
        {
          kind: 'choice',
          name: 'choice',
          label: 'How do you want to be credited?',
          options: [
            { value: 'name', label: 'With a name', hint: 'As you write it below.' },
            { value: 'login', label: 'With my GitHub login', hint: 'The advisory links to it.' },
            { value: 'anonymous', label: 'Not at all', hint: 'You stay anonymous.' },
          ],
        },
        {
          kind: 'group',
          fields: [
            { kind: 'text', name: 'name', label: 'Name', optional: true },
            { kind: 'text', name: 'login', label: 'GitHub login', optional: true },
          ],
        },
      ],
      button: 'Save my choice',
    }),
  },
  'add-text': {
    label: 'Add to your report',
    hint: 'Text, a file, or both.',
    form: () => ({
      multipart: true,
      fields: [
        { kind: 'area', name: 'text', label: 'What you want to add', optional: true },
        {
          kind: 'file',
          name: 'file',
          label: 'A file',
          hint: 'At most 4 MB. Larger ones by mail.',
          optional: true,
        },
      ],
      button: 'Add it to my report',
    }),
  },
};

const triageCommands = [
  'accept',
  'mark-duplicate',
  'mark-invalid',
  'ask-information',
  'mark-spam',
  'forward',
  'answer',
] as const;

/** Acts that may need a second person. */
const twoPersonCommands = ['forward', 'accept', 'go-public-early', 'command-publication'] as const;

/** Acts of somebody else that wait for this viewer's confirmation, by their keys. */
export const waitingFor = (
  view: DisclosureView,
): readonly (readonly [string, PendingAct & { command: Command }])[] =>
  Object.entries(view.pending).flatMap(([key, { by, at, command }]) =>
    command && by !== view.viewer.person ? [[key, { by, at, command }] as const] : [],
  );

const own = {
  'see-announcement': ['see-announcement', 'link-announcement'],
  'see-reply': ['see-reply', 'link-reply'],
  'confirm-act': twoPersonCommands,
  triage: triageCommands,
} as const;

/** The commands that a form can come to. */
export const commandsOf = (act: Act): readonly CommandName[] =>
  act in own ? own[act as keyof typeof own] : [act as Exclude<Act, keyof typeof own>];

const mayAsk = (kind: ViewerKind, act: Act): boolean =>
  commandsOf(act).some((command) => {
    const who = permissions[command];
    if (kind === 'maintainer') return who.includes('entry') || who.includes('any-entry');
    return kind !== 'operator' && who.includes(kind);
  });

/** Would the lifecycle allow it where the disclosure stands? Viewers who do not see the stage are not told by this. */
function fits(view: DisclosureView, act: Act): boolean {
  const { stage, exit, hold } = view;
  if (stage === undefined || !stages.includes(stage)) return false;
  return commandsOf(act).some((command) => {
    const row = transitionOf(command);
    return row.from.includes(stage) && (!exit || row.afterExit === true) && (!hold || row.onHold);
  });
}

/** Is it the name of an act, the last part of its form's address? */
export const isAct = (name: string): name is Act => Object.hasOwn(acts, name);

/** What this viewer can do now, on the disclosure or on one repository entry. `decide` has the last word. */
export function possible(view: DisclosureView, entry?: EntryView): readonly Act[] {
  return (Object.keys(acts) as Act[]).filter((act) => {
    const info = acts[act];
    if ((info.perEntry === true) !== (entry !== undefined)) return false;
    if (entry?.closed && act !== 'comment-severity') return false;
    return mayAsk(view.viewer.kind, act) && fits(view, act) && (info.when?.(view, entry) ?? true);
  });
}

/** An act as a form. */
export function formOf(act: Act, input: ActInput): FormSpec {
  const { label, perEntry, form } = acts[act];
  const title = perEntry && input.entry ? `${label}: ${input.entry.repository}` : label;
  return { act, title, ...form(input) };
}
