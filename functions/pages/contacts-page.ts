import type { ContactForm } from '#contracts/forms.ts';
import { displayName, type Person, somebodyBehind } from '#domain/people.ts';
import type { Field, FormSpec } from './form.ts';
import { doneNotice, groupNav } from './group-page.ts';
import { facts, type Html, html, type PageContext, table } from './html.ts';
import { shell } from './layout.ts';

/** One address to which maintainers' mail goes, and who is behind it. */
export interface ContactLine {
  readonly contact: Person;
  /** Repositories whose contact it is; none for a group that was named otherwise. */
  readonly repositories: readonly string[];
  /** The recorded persons of a group. */
  readonly people: readonly Person[];
}

export interface ContactsModel {
  readonly who: string;
  readonly lines: readonly ContactLine[];
}

/** What an address is: a group's, one person's, or not said yet. */
const kindOf = ({ contact }: ContactLine): 'group' | 'person' | 'unsaid' =>
  contact.group ? 'group' : somebodyBehind(contact) ? 'person' : 'unsaid';

const link = (form: ContactForm, contact: Person, label: string): Html =>
  html`<a href="/desk/contacts/${form}?contact=${contact.id}">${label}<span class="unseen"> of ${contact.address}</span></a><br>`;

const what: Readonly<Record<ReturnType<typeof kindOf>, string>> = {
  group: 'a group',
  person: 'one person',
  unsaid: 'not recorded',
};

function behind(line: ContactLine): Html {
  const kind = kindOf(line);
  if (kind === 'person') return html`${line.contact.name ?? line.contact.github ?? 'a member'}`;
  return line.people.length === 0
    ? html`<strong>nobody</strong>: the working group stands in`
    : html`${line.people.map((person) => html`${displayName(person)} <span class="soft">${person.address}</span><br>`)}`;
}

function acts(line: ContactLine): Html {
  const { contact, people } = line;
  const kind = kindOf(line);
  return html`${contact.member ? '' : link('record-person', contact, kind === 'group' ? 'Record a person' : 'It is a group’s: record a person')}${people.length > 0 ? link('remove-person', contact, 'Remove a person') : ''}${kind !== 'person' && people.length === 0 ? link('record-individual', contact, 'It is one person’s') : ''}`;
}

/** Who answers for repositories that name nobody themselves, and which persons a group's address stands for. */
export const contactsPage = (context: PageContext, model: ContactsModel, done: string | undefined): Html =>
  shell({
    title: 'Contacts',
    context,
    who: model.who,
    nav: groupNav,
    body: html`${doneNotice(done)}<h1>Contacts</h1><p>Where a repository’s catalog-info.yaml and CODEOWNERS name nobody whom the desk can reach, its contact is notified and reminded. A group’s address gets one mail; its link asks which recorded person is acting, and mails that person a link of their own.</p>${
      model.lines.some((line) => line.people.length === 0 && kindOf(line) !== 'person')
        ? html`<div class="notice"><p>Behind some addresses nobody is recorded: what concerns them comes to the working group. Record who acts, or that an address is one person’s.</p></div>`
        : ''
    }${
      model.lines.length === 0
        ? html`<p class="soft">None.</p>`
        : table(
            'Contacts',
            ['Address', 'Contact of', 'It is', 'Who acts', 'You can'],
            model.lines.map((line) => [
              line.contact.address,
              line.repositories.length > 0
                ? html`${line.repositories.map((repository) => html`${repository}<br>`)}`
                : html`<span class="soft">no repository</span>`,
              html`<span class="tag">${what[kindOf(line)]}</span>`,
              behind(line),
              acts(line),
            ]),
          )
    }
<h2>What you can do</h2><ul class="acts"><li><a href="/desk/contacts/record-group">Record another group’s address</a><span class="hint">With its first person; a maintainer can then be named by it</span></li></ul>`,
  });

const recorded: readonly Field[] = [
  { kind: 'text', name: 'name', label: 'Their name', hint: 'The group’s link offers it' },
  { kind: 'email', name: 'address', label: 'Their own address', hint: 'Their link goes there' },
  { kind: 'text', name: 'github', label: 'Their GitHub login', optional: true, short: true },
];

/** The forms of a contact. */
export function contactForm(form: ContactForm, line: ContactLine | undefined): FormSpec {
  const address = line?.contact.address ?? '';
  switch (form) {
    case 'record-group':
      return {
        act: form,
        title: 'Record a group’s address',
        intro: 'Nobody acts in a group’s name: its link asks who is acting.',
        fields: [
          { kind: 'email', name: 'group', label: 'The group’s address' },
          { kind: 'html', body: () => html`<h2>The first of its persons</h2>` },
          ...recorded,
        ],
        button: 'Record the group',
      };
    case 'record-person':
      return {
        act: form,
        title: `Record a person of ${address}`,
        intro:
          line?.contact.group === undefined
            ? 'The address is a group’s from then on: nobody acts in its name, and its links ask who is acting.'
            : 'They may do what the group may, each in their own name.',
        fields: recorded,
        button: 'Record the person',
      };
    case 'remove-person':
      return {
        act: form,
        title: `Remove a person of ${address}`,
        intro: 'From that moment they act for the group no more, by any link.',
        fields: [
          {
            kind: 'choice',
            name: 'person',
            label: 'Who acts for it no more?',
            options: (line?.people ?? []).map((person) => ({
              value: person.id,
              label: displayName(person),
            })),
          },
          { kind: 'tick', name: 'sure', label: 'Yes, remove them' },
        ],
        button: 'Remove the person',
      };
    case 'record-individual':
      return {
        act: form,
        title: `${address} is one person’s`,
        fields: recorded.filter((field) => !('name' in field && field.name === 'address')),
        button: 'Record whose it is',
      };
  }
}

/** What a form is about. */
export const contactFacts = ({ contact, repositories, people }: ContactLine): Html =>
  facts([
    ['Address', contact.address],
    ['Contact of', repositories.join(', ') || 'no repository'],
    ['Recorded persons', people.map(displayName).join(', ') || 'nobody'],
  ]);
