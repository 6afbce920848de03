import type { Settings } from '#contracts/settings.ts';
import type { TextRef } from '#domain/disclosure.ts';
import type { Letter, LetterParams, LetterTemplate, Sayable } from '#domain/letter.ts';
import type { Person, PersonId } from '#domain/people.ts';
import { severityText } from '#domain/rating.ts';
import { oneLine, type Part, type Sketch } from './layout.ts';
import { stageText, whenText } from './words.ts';

/** The five answers a reminder can be given in the mail, per case. */
export const reminderActions = ['expect-fix', 'ask-help', 'adjudicate', 'disown', 'record-merge'] as const;
export type ReminderAction = (typeof reminderActions)[number];

/** The key under which a reminder's link is given: `EDX-2026-0001 openedx/x expect-fix`. */
export const reminderLinkKey = (reference: string, repository: string, action: ReminderAction): string =>
  `${reference} ${repository} ${action}`;

/** What a letter is rendered with. Links are minted and texts are loaded by whoever delivers it. */
export interface LetterContext {
  readonly settings: Settings;
  readonly recipient: Person;
  /** The recipient's own link to what the letter is about; absent where the template has none. */
  readonly link?: string | undefined;
  /** For reminders: by `reminderLinkKey`. */
  readonly links?: Readonly<Record<string, string>> | undefined;
  /** Names of members and maintainers that the letter may mention. Never a reporter's. */
  readonly names?: Readonly<Record<PersonId, string>> | undefined;
  /** Texts that the letter carries (`textsOf`), by their key. */
  readonly texts?: Readonly<Record<string, string>> | undefined;
}

/** A letter in its final shape. */
export interface RenderedLetter {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Holds details: after a lost answer it is never sent again without a person's word. */
  readonly sensitive: boolean;
}

/** How one template becomes a sketch. */
export type Writer<T extends LetterTemplate> = (params: LetterParams[T], context: LetterContext) => Sketch;
export type Writers<T extends LetterTemplate> = { readonly [K in T]: Writer<K> };

/** A text that the letter carries is not at hand: it is not sent without its words. */
export class MissingText extends Error {
  override readonly name = 'MissingText';
}

/** The link that the letter exists for is not at hand. */
export class MissingLink extends Error {
  override readonly name = 'MissingLink';
}

/** The words of a reference. @throws {MissingText} */
export function wordsOf(context: LetterContext, ref: TextRef): string {
  const words = context.texts?.[ref.key];
  if (words === undefined) throw new MissingText('A text of the letter was not loaded.');
  return words;
}

/** The texts a letter carries: keys to load before it is rendered. */
export function textsOf(letter: Letter): readonly TextRef[] {
  const { params } = letter;
  return ['text' in params ? params.text : undefined, 'note' in params ? params.note : undefined].filter(
    (ref) => ref !== undefined,
  );
}

/** OEP-60, Security Vulnerability Privacy (R28): stands in every notification, volunteer and operator letter. */
export const keepPrivate =
  'Please keep the details of this vulnerability private until a fix has been released publicly.';

export const text = (words: string): Part => ({ kind: 'text', text: words });

/** The one link of a letter. @throws {MissingLink} */
export function linkTo(context: LetterContext, label: string): Part {
  if (!context.link) throw new MissingLink(`The link "${label}" was not made.`);
  return { kind: 'link', label, url: context.link };
}

export const linkIfAny = (context: LetterContext, label: string): readonly Part[] =>
  context.link ? [{ kind: 'link', label, url: context.link }] : [];

/** Who answers questions. */
export const questions = (context: LetterContext): Part =>
  text(`Questions? Answer this mail or write to ${context.settings.identity.securityAddress}.`);

export const whenIn = (context: LetterContext, at: string): string =>
  whenText(at, context.settings.policy.zone);

const personId = /\bp-[a-z2-7]{24}\b/g;

/** The people that a letter's parameters speak of. */
export const peopleIn = ({ params }: Letter): readonly PersonId[] => [
  ...new Set(JSON.stringify(params).match(personId) ?? []),
];

/**
 * What a letter may call people: members, maintainers and delegates (OEP-60 R29) by their name, else by the address
 * that was recorded for them. A reporter is never named.
 */
export function sayableNames(people: readonly Person[]): Readonly<Record<PersonId, string>> {
  const known = people.filter(({ roles }) =>
    roles.some((role) => role === 'member' || role === 'maintainer'),
  );
  return Object.fromEntries(
    known.flatMap(({ id, name, address, roles }) => {
      const called = name || (roles.includes('reporter') ? '' : address);
      return called ? [[id, called] as const] : [];
    }),
  );
}

/** A person's name as a letter may say it: of a recorded member or maintainer, else no name. */
export function nameOf(context: LetterContext, by: string): string {
  if (by === 'desk' || by === 'github' || by === 'discourse') return systems[by];
  const id = by.slice(by.indexOf(':') + 1);
  if (by.startsWith('reporter:')) return 'The reporter';
  return oneLine(context.names?.[id] ?? 'Somebody of the people involved', 80);
}

const systems = { desk: 'The desk', github: 'GitHub', discourse: 'The forum' } as const;

/** Reference, stage and severities: all that a mail may say of a disclosure (policy, "What a mail may say"). */
export function sayableFacts(params: Sayable): readonly (readonly [string, string])[] {
  return [
    ['Disclosure', params.reference],
    ...(params.stage ? [['Stage', stageText(params.stage, params)] as const] : []),
    ...(params.repositories ?? []).map((entry) => [entry.repository, severityText(entry)] as const),
  ];
}

export const facts = (...rows: readonly (readonly [string, string])[]): Part => ({
  kind: 'facts',
  facts: rows,
});
