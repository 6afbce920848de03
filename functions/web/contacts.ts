import { contactsMark } from '#contracts/seed.ts';
import { isErased, type PersonId } from '#domain/people.ts';
import type { ContactLine } from '#pages/contacts-page.ts';
import type { DeskDeps } from './deps.ts';

/** The contact table and every recorded group, by address. */
export async function contactLines({ store }: Pick<DeskDeps, 'store'>): Promise<readonly ContactLine[]> {
  const [mark, maintainers] = await Promise.all([store.mark(contactsMark), store.peopleOf('maintainer')]);
  const table = Object.entries((mark ?? {}) as Record<string, readonly PersonId[]>);
  const listed = new Set(table.flatMap(([, ids]) => ids));
  const contacts = maintainers.filter((each) => !isErased(each) && (listed.has(each.id) || each.group));
  const people = await store.people([...new Set(contacts.flatMap(({ group }) => group?.people ?? []))]);
  return contacts
    .map((contact) => ({
      contact,
      repositories: table.flatMap(([repository, ids]) => (ids.includes(contact.id) ? [repository] : [])),
      people: people.filter((each) => !isErased(each) && contact.group?.people.includes(each.id)),
    }))
    .sort((a, b) => a.contact.address.localeCompare(b.contact.address));
}
