import type { DeskStore } from '#contracts/ports.ts';
import type { Settings } from '#contracts/settings.ts';
import type { Letter } from '#domain/letter.ts';

/**
 * Letters to the working group become one letter to each active member, where the group has no address of its
 * own: one recipient a mail, one link a recipient. Members who are away are told too; they asked for nothing less.
 */
export async function addressGroup(
  store: Pick<DeskStore, 'peopleOf'>,
  settings: Pick<Settings, 'identity'>,
  letters: readonly Letter[],
): Promise<readonly Letter[]> {
  const toGroup = (letter: Letter): boolean => 'group' in letter.to;
  if (settings.identity.groupAddress || !letters.some(toGroup)) return letters;
  const members = (await store.peopleOf('member')).filter(
    ({ member }) => member === 'active' || member === 'away',
  );
  return letters.flatMap((letter) =>
    toGroup(letter) ? members.map(({ id }): Letter => ({ ...letter, to: { person: id } })) : [letter],
  );
}
