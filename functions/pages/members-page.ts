import type { MemberForm } from '#contracts/forms.ts';
import type { Instant } from '#domain/instant.ts';
import { displayName, type Person, type PersonId } from '#domain/people.ts';
import type { sizeWarning } from '#domain/rota.ts';
import { errorSummary, type Field, type FormPlace, type FormSpec, renderForm } from './form.ts';
import { doneNotice, groupNav } from './group-page.ts';
import { facts, type Html, html, type PageContext, shortTime, table } from './html.ts';
import { shell } from './layout.ts';

/** A core contributor's support of a volunteer (OEP-60 R23), as members read it. */
export interface SupportLine {
  readonly at: Instant;
  readonly by: string;
  readonly note: string;
}

/** Somebody of the group, invited to it, or volunteering for it. */
export interface MemberLine {
  readonly person: Person;
  readonly support: readonly SupportLine[];
}

export interface MembersModel {
  readonly who: string;
  readonly me: PersonId;
  readonly members: readonly MemberLine[];
  readonly volunteers: readonly MemberLine[];
  readonly operators: readonly Person[];
  readonly nameOf: (person: PersonId | undefined) => string;
  readonly size: ReturnType<typeof sizeWarning>;
}

const states: Readonly<Record<NonNullable<Person['member']>, string>> = {
  invited: 'invited',
  active: 'active',
  away: 'away',
  left: 'left',
};

const link = (form: MemberForm, person: Person, label: string): Html =>
  html`<a href="/desk/members/${form}?person=${person.id}">${label}</a><br>`;

const acts = (me: PersonId, { person }: MemberLine): Html =>
  html`${person.member === 'active' ? link('go-away', person, 'Away') : ''}${person.member === 'away' ? link('come-back', person, 'Back') : ''}${person.member === 'invited' ? link('record-support', person, 'Record support') : ''}${link('leave', person, person.id === me ? 'Leave' : person.member === 'invited' ? 'Take the invitation back' : 'Remove')}`;

const support = (context: PageContext, lines: readonly SupportLine[]): Html =>
  lines.length === 0
    ? html`<span class="soft">none recorded</span>`
    : html`${lines.map(({ at, by, note }) => html`<strong>${by}</strong>: ${note} <span class="soft">${shortTime(context, at)}</span><br>`)}`;

/** The members of the working group, who is invited, who volunteers (OEP-60 R23). */
export function membersPage(context: PageContext, model: MembersModel, done: string | undefined): Html {
  const { size } = model;
  return shell({
    title: 'Members',
    context,
    who: model.who,
    nav: groupNav,
    body: html`${doneNotice(done)}<h1>Members of the working group</h1>
${size ? html`<div class="notice"><p>The working group has ${size.members} ${size.members === 1 ? 'member' : 'members'}; it should have ${size.least} to ${size.most} (R23).</p></div>` : ''}
${table(
  'Members of the working group',
  ['Name', 'Address', 'State', 'Support', 'You can'],
  model.members.map((line) => [
    html`${displayName(line.person)}${line.person.github ? html`<br><span class="soft">GitHub ${line.person.github}</span>` : ''}`,
    line.person.address,
    html`<span class="tag">${line.person.member ? states[line.person.member] : ''}</span>`,
    support(context, line.support),
    acts(model.me, line),
  ]),
)}
<h2>Volunteers</h2><p class="hint">A volunteer’s support by core contributors is recorded, then the members evaluate and invite.</p>${
      model.volunteers.length === 0
        ? html`<p class="soft">None.</p>`
        : table(
            'Volunteers',
            ['Name', 'Address', 'Who they are', 'Support', 'You can'],
            model.volunteers.map((line) => [
              displayName(line.person),
              line.person.address,
              [
                line.person.volunteer?.team,
                line.person.volunteer?.vouchedBy &&
                  `vouched for by ${model.nameOf(line.person.volunteer.vouchedBy)}`,
              ]
                .filter(Boolean)
                .join(', '),
              support(context, line.support),
              link('record-support', line.person, 'Record support'),
            ]),
          )
    }
<h2>Operators</h2><p class="hint">Reports that concern their site can be forwarded to them. They register by mail; the mail’s page records them.</p>${
      model.operators.length === 0
        ? html`<p class="soft">None.</p>`
        : table(
            'Operators',
            ['Site', 'Domains', 'Reports go to', 'Individual contact'],
            model.operators.map(({ operator, address }) => [
              operator?.instance,
              operator?.domains.join(', '),
              address,
              operator?.contact ?? html`<span class="soft">none</span>`,
            ]),
          )
    }
<h2>What you can do</h2><ul class="acts"><li><a href="/desk/members/invite">Invite somebody</a><span class="hint">They accept by a link of their own</span></li></ul>`,
  });
}

const sure = (label: string): Field => ({ kind: 'tick', name: 'sure', label });

/** The forms of membership. */
export function memberForm(form: MemberForm, person: Person | undefined, me: PersonId): FormSpec {
  const name = person ? displayName(person) : '';
  const own = person?.id === me;
  switch (form) {
    case 'invite':
      return {
        act: form,
        title: 'Invite somebody to the working group',
        intro: 'They get a mail with a link, and are a member once they accept.',
        fields: [
          { kind: 'email', name: 'address', label: 'Their address' },
          { kind: 'text', name: 'name', label: 'Their name', optional: true },
          { kind: 'text', name: 'github', label: 'Their GitHub login', optional: true, short: true },
          sure('Yes, the members have decided to invite them'),
        ],
        button: 'Send the invitation',
      };
    case 'record-support':
      return {
        act: form,
        title: `Record support for ${name}`,
        intro: 'What is recorded is who supports them and where they said so.',
        fields: [
          { kind: 'email', name: 'supporter', label: 'Address of the core contributor who supports them' },
          { kind: 'area', name: 'note', label: 'Who they are, and where they said so' },
        ],
        button: 'Record the support',
      };
    case 'go-away':
      return {
        act: form,
        title: own ? 'You are away' : `${name} is away`,
        intro:
          'No new shifts are planned for them. Shifts that they have stay theirs until somebody takes them.',
        fields: [sure('Yes, record as away')],
        button: 'Record as away',
      };
    case 'come-back':
      return {
        act: form,
        title: own ? 'You are back' : `${name} is back`,
        fields: [sure('Yes, record as active')],
        button: 'Record as active',
      };
    case 'leave':
      return {
        act: form,
        title: own ? 'Leave the working group' : `Remove ${name}`,
        intro: own
          ? 'All your links and sessions are dead at once, and your shifts are free.'
          : 'All their links and sessions are dead at once, and their shifts are free.',
        fields: [
          { kind: 'area', name: 'reason', label: 'Why?', hint: 'Recorded', optional: own },
          sure(own ? 'Yes, I leave the working group' : 'Yes, remove them'),
        ],
        button: own ? 'Leave the working group' : `Remove ${name}`,
      };
  }
}

/** Whom a form is about. */
export const personFacts = (person: Person): Html =>
  facts([
    ['Name', person.name],
    ['Address', person.address],
    ['State', person.member && states[person.member]],
  ]);

/** The page of an invitation: all that an invited person can open. */
export const invitationPage = (context: PageContext, person: Person, place: FormPlace | undefined): Html =>
  shell({
    title: 'An invitation',
    context,
    who: displayName(person),
    narrow: true,
    body: place
      ? html`${errorSummary(place.attempt?.errors ?? [])}<h1>Join the ${context.signature}?</h1><p>Members take turns on duty, triage reports, open advisories, notify maintainers, and send the reminders of their shift.</p><p>They keep what they learn to themselves until a fix is public. Their name stands in the record beside what they do.</p><p>If you do nothing, you are not a member, and nothing else happens.</p>${renderForm(
          {
            act: 'accept',
            title: 'Accept',
            fields: [sure('Yes, I want to be a member, and keep private what I learn')],
            button: 'Accept the invitation',
          },
          place,
        )}`
      : html`<h1>You are a member of the ${context.signature}</h1><p>Nothing is asked of you here. <a href="/desk">Sign in at the desk</a>: we mail you a link.</p>`,
  });
