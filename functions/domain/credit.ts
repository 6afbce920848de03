import type { Credit, Entry } from './disclosure.ts';
import { type Draft, onDuty, sayable, write } from './draft.ts';

/**
 * What a reporter's choice asks for on an advisory (policy A6). GitHub credits accounts alone: a login is an errand,
 * also one that is taken back, and a name is a person's to write into the text, which is known before anything is tried.
 */
export function askCredit(
  draft: Draft,
  { repository, advisory }: Entry,
  choice: Credit['choice'],
  before?: Credit['choice'],
): void {
  if (!advisory) return;
  if (choice === 'login' || before === 'login')
    draft.signals.push({ kind: 'update-advisory', repository, what: 'credit' });
  if (choice === 'name')
    write(draft, 'hand-off', onDuty(draft), {
      ...sayable(draft, repository),
      repository,
      what: 'set-credit',
      why: 'The reporter chose to be credited by name, and GitHub credits only accounts.',
      url: advisory.url,
    });
}
