import type { CommandName } from './commands.ts';
import type { Disclosure } from './disclosure.ts';
import { type Actor, type PersonId, selvesOf } from './people.ts';

/** Who may give a command. `entry` = the maintainer or a delegate of that repository; `any-entry` = of one of them. */
type Who = 'member' | 'entry' | 'any-entry' | 'reporter' | 'desk' | 'github' | 'discourse';

/** Who may ask what (policy, "What a member may do for a maintainer", "Claim and fact"), as data. */
export const permissions: Readonly<Record<CommandName, readonly Who[]>> = {
  accept: ['member'],
  'mark-duplicate': ['member'],
  'mark-invalid': ['member'],
  'ask-information': ['member'],
  'mark-spam': ['member'],
  forward: ['member'],
  answer: ['member'],
  'record-step': ['member'],
  close: ['member'],
  resume: ['member'],
  defer: ['member'],
  reopen: ['member', 'desk'],
  'adopt-reporters': ['desk'],
  'reply-to-reporter': ['member'],
  'attach-mail': ['desk', 'member'],
  'answer-reminder': ['desk'],
  'add-text': ['reporter'],
  'choose-credit': ['reporter'],
  'add-repository': ['member'],
  'record-advisory': ['desk', 'member', 'github'],
  'hand-off-advisory': ['desk'],
  'notify-maintainer': ['desk'],
  'hand-off': ['desk'],
  'hand-off-done': ['member'],
  'name-maintainer': ['member'],
  'name-delegate': ['entry', 'member'],
  // Never a member: the maintainer adjudicates (OEP-60 R7).
  adjudicate: ['entry'],
  'adopt-severity': ['github'],
  'comment-severity': ['member'],
  'ask-help': ['entry'],
  'expect-fix': ['entry'],
  disown: ['entry'],
  'report-public-pull-request': ['entry', 'member', 'github'],
  'decide-public-pull-request': ['member'],
  'close-entry': ['entry', 'member'],
  'record-ready': ['entry', 'member'],
  'propose-release': ['any-entry', 'member', 'desk'],
  'confirm-release': ['any-entry', 'member'],
  'see-announcement': ['any-entry', 'member', 'desk', 'discourse'],
  'record-merge': ['entry', 'member'],
  'claim-merge': ['github'],
  'command-post': ['any-entry', 'member'],
  // A member only on the early-public path; `publication.ts` says when.
  'command-publication': ['entry', 'member'],
  'see-advisory': ['github', 'desk'],
  'see-reply': ['any-entry', 'member', 'desk', 'discourse'],
  'link-announcement': ['any-entry', 'member', 'desk'],
  'link-reply': ['any-entry', 'member', 'desk'],
  'claim-announcement': ['discourse'],
  'record-fact': ['member'],
  'retract-fact': ['member'],
  'go-public-early': ['member'],
  'renew-embargo': ['member'],
  'record-schedules': ['desk'],
  'pass-deadline': ['desk'],
  'note-delivery': ['desk'],
  purge: ['desk'],
  'forget-person': ['desk'],
  'begin-generation': ['desk'],
};

/** Does a person maintain this repository of the disclosure, or stand in as delegate (R29)? */
export const maintains = (disclosure: Disclosure, person: PersonId, repository?: string): boolean =>
  disclosure.entries.some(
    (entry) =>
      (repository === undefined || entry.repository === repository) &&
      (entry.maintainer?.people.includes(person) || entry.delegates.includes(person)),
  );

/** May this actor give this command, on this repository where it names one? */
export function mayGive(
  disclosure: Disclosure,
  actor: Actor,
  command: { readonly name: CommandName; readonly repository?: unknown },
): boolean {
  const repository = typeof command.repository === 'string' ? command.repository : undefined;
  return permissions[command.name].some((who) => {
    if (who === 'entry' || who === 'any-entry')
      return (
        actor.kind === 'maintainer' &&
        selvesOf(actor).some((self) => maintains(disclosure, self, who === 'entry' ? repository : undefined))
      );
    if (who === 'reporter') return actor.kind === 'reporter' && disclosure.reporters.includes(actor.person);
    return actor.kind === who;
  });
}

/** Acts that a member does in a maintainer's place need a reason. */
export const needsReasonFromMember: readonly CommandName[] = [
  'name-maintainer',
  'name-delegate',
  'record-ready',
  'record-merge',
  'confirm-release',
  'command-post',
  'command-publication',
];
