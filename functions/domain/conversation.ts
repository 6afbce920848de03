import { askCredit } from './credit.ts';
import type { Disclosure } from './disclosure.ts';
import {
  breakSilence,
  type Draft,
  onDuty,
  peopleOf,
  type Rules,
  sayable,
  set,
  workingGroup,
  write,
} from './draft.ts';
import { Refused } from './errors.ts';
import type { LetterParams } from './letter.ts';
import type { PersonId } from './people.ts';
import { answerReporter } from './triage.ts';

/** An answer of the reporter lifts the hold that waited for it (policy A4, V8). */
function liftHoldForAnswer(draft: Draft): void {
  const kind = draft.disclosure.hold?.kind;
  if (kind !== 'needs-information' && kind !== 'invalid-pending') return;
  set(draft, { hold: undefined });
  draft.data.lifted = kind;
}

/** Whose news a mail is, as the on-duty member is told: nothing besides for a reporter's. */
function whoseMail(
  { entries }: Disclosure,
  reporters: readonly PersonId[],
  from: PersonId | undefined,
  standsFor: readonly PersonId[] = [],
): Pick<LetterParams['follow-up'], 'from'> {
  if (from && reporters.includes(from)) return {};
  const selves = from === undefined ? [] : [from, ...standsFor];
  const maintains = entries.some((entry) => peopleOf(entry).some((each) => selves.includes(each)));
  return { from: maintains ? 'maintainer' : 'other' };
}

export const conversationRules: Rules<
  'reply-to-reporter' | 'attach-mail' | 'answer-reminder' | 'add-text' | 'choose-credit' | 'forget-person'
> = {
  'reply-to-reporter'(draft, command) {
    if (draft.disclosure.reporters.length === 0 && !draft.disclosure.githubReport)
      throw new Refused(
        'R1',
        'There is no reporter to answer.',
        'The report came without an identifiable sender.',
      );
    draft.data.text = command.text.key;
    draft.data.sha256 = command.text.sha256;
    answerReporter(draft, command.text);
  },

  'attach-mail'(draft, command) {
    const { disclosure } = draft;
    draft.data.mail = command.mailKey;
    if (command.from) draft.data.from = command.from;
    const reporters =
      command.asReporter && command.from
        ? [...new Set([...disclosure.reporters, command.from])]
        : disclosure.reporters;
    set(draft, { intakes: [...new Set([...disclosure.intakes, command.mailKey])], reporters });
    if (command.authenticated && command.from && reporters.includes(command.from)) liftHoldForAnswer(draft);
    // A member who attaches a mail has read it: their word stands for whose it is.
    if (command.from && (command.authenticated || draft.actor.kind === 'member'))
      breakSilence(draft, [command.from, ...(command.standsFor ?? [])]);
    write(draft, 'follow-up', onDuty(draft), {
      ...sayable(draft),
      ...whoseMail(disclosure, reporters, command.from, command.standsFor),
    });
  },

  'answer-reminder'(draft, { mailKey, keptWith, from, standsFor = [], repositories }) {
    draft.data.mail = mailKey;
    draft.data.keptWith = keptWith;
    draft.data.from = from;
    for (const repository of repositories) breakSilence(draft, [from, ...standsFor], repository);
  },

  'add-text'(draft, command) {
    draft.data.text = command.text.key;
    draft.data.sha256 = command.text.sha256;
    if (command.attachments) draft.data.attachments = command.attachments;
    liftHoldForAnswer(draft);
    write(draft, 'follow-up', onDuty(draft), sayable(draft));
  },

  'choose-credit'(draft, command) {
    if (draft.actor.kind !== 'reporter') return;
    const before = draft.disclosure.credit[draft.actor.person]?.choice;
    set(draft, { credit: { ...draft.disclosure.credit, [draft.actor.person]: command.credit } });
    draft.data.choice = command.credit.choice;
    for (const entry of draft.disclosure.entries) askCredit(draft, entry, command.credit.choice, before);
    if (draft.disclosure.stage === 'published') write(draft, 'follow-up', workingGroup, sayable(draft));
  },

  'forget-person'(draft, { person }) {
    const { credit, entries } = draft.disclosure;
    const before = credit[person]?.choice;
    draft.data.person = person;
    if (before === undefined) return;
    set(draft, { credit: { ...credit, [person]: { choice: 'anonymous' } } });
    for (const entry of entries)
      if (entry.advisory && before === 'login')
        draft.signals.push({ kind: 'update-advisory', repository: entry.repository, what: 'credit' });
  },
};
