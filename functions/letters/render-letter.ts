import type { Letter, LetterTemplate } from '#domain/letter.ts';
import type { LetterContext, RenderedLetter, Writer, Writers } from './context.ts';
import { shape } from './layout.ts';
import { rotaLetters } from './rota.ts';
import { toMaintainers } from './to-maintainers.ts';
import { toMembers } from './to-members.ts';
import { toOperators } from './to-operators.ts';
import { toReporters } from './to-reporters.ts';

/** Every template that a letter can have; the type makes a missing one an error. */
export const writers: Writers<LetterTemplate> = {
  ...toReporters,
  ...toMembers,
  ...toMaintainers,
  ...toOperators,
  ...rotaLetters,
};

/** Templates that carry words about a vulnerability: after a lost answer a person decides (mail rules, Outbound). */
const carriesDetails: ReadonlySet<LetterTemplate> = new Set([
  'operator-forward',
  'answer-to-reporter',
  'information-asked',
]);

/**
 * A letter as it is sent: subject, plain text, and HTML that says the same. What a preview shows and what is
 * delivered both come from here.
 *
 * @throws {MissingText} where a text that it carries was not loaded, {MissingLink} where its link is missing,
 * {UnsafeHeader} where its subject would hold CR, LF or NUL.
 */
export function renderLetter(letter: Letter, context: LetterContext): RenderedLetter {
  // The union of letters keeps template and params together; TypeScript cannot follow it through the table.
  const writer = writers[letter.template] as Writer<LetterTemplate>;
  const sketch = writer(letter.params as never, context);
  const sensitive = letter.sensitive === true || carriesDetails.has(letter.template);
  return { ...shape(sketch, context.settings.identity.signature), sensitive };
}
