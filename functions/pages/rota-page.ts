import type { RotaForm } from '#contracts/forms.ts';
import { localDate, localText } from '#domain/calendar.ts';
import type { DutyRecord } from '#domain/handover.ts';
import type { Instant } from '#domain/instant.ts';
import type { Person, PersonId } from '#domain/people.ts';
import type { Coverage, Shift, Swap } from '#domain/rota.ts';
import type { RotaWeek } from '#domain/today.ts';
import type { Field, FormSpec } from './form.ts';
import { doneNotice, groupNav } from './group-page.ts';
import { facts, type Html, html, type PageContext, shortTime, table, time } from './html.ts';
import { shell } from './layout.ts';
import { rotaPicture } from './rota-picture.ts';

export interface RotaModel {
  readonly who: string;
  readonly me: PersonId;
  readonly rota: DutyRecord;
  /** Shifts that are not over yet. */
  readonly shifts: readonly Shift[];
  readonly weeks: readonly RotaWeek[];
  /** From now to the end of the last shift. */
  readonly ahead: Coverage & { readonly until: Instant | undefined };
  readonly members: readonly Person[];
  readonly nameOf: (person: PersonId | undefined) => string;
}

const shiftOf = ({ rota }: RotaModel, id: string | undefined): Shift | undefined =>
  rota.shifts.find((shift) => shift.id === id);

/** A shift in one line, for a choice: who, from when to when in the desk's zone. */
const shiftLabel = (context: PageContext, model: RotaModel, shift: Shift): string =>
  `${model.nameOf(shift.member)}: ${localText(shift.start, context.zone).replace('T', ' ')} to ${localText(shift.end, context.zone).replace('T', ' ')}`;

function offer(context: PageContext, model: RotaModel, swap: Swap): readonly Html[] {
  const shift = shiftOf(model, swap.shift);
  const back = shiftOf(model, swap.inReturn);
  const mine = swap.to === model.me ? 'Accept or decline' : swap.from === model.me ? 'Take it back' : '';
  return [
    html`${model.nameOf(swap.from)}`,
    html`${model.nameOf(swap.to)}`,
    shift
      ? html`${shortTime(context, shift.start)} to ${shortTime(context, shift.end)}`
      : html`<span class="soft">not in the rota any more</span>`,
    back
      ? html`${shortTime(context, back.start)} to ${shortTime(context, back.end)}`
      : html`<span class="soft">nothing</span>`,
    mine
      ? html`<a href="/desk/rota/answer-swap?swap=${encodeURIComponent(swap.id)}">${mine}</a>`
      : html`<span class="soft">waits for an answer</span>`,
  ];
}

const act = (form: RotaForm, label: string, hint: string): Html =>
  html`<li><a href="/desk/rota/${form}">${label}</a><span class="hint">${hint}</span></li>`;

/** Where nobody is on duty, and where more than one is, as far as the rota reaches. */
function coverageList(context: PageContext, { ahead, shifts, nameOf }: RotaModel): Html {
  const { gaps, overlaps, until } = ahead;
  if (!until)
    return html`<p>The rota is empty: nobody is on duty. Reports go to everyone, and reminders go out anyway.</p>`;
  const memberOf = (id: string) => nameOf(shifts.find((shift) => shift.id === id)?.member);
  const lines = [
    ...gaps.map((gap) => ({ ...gap, what: html`<span class="tag">gap</span> nobody is on duty` })),
    ...overlaps.map((overlap) => ({
      ...overlap,
      what: html`<span class="tag">overlap</span> ${overlap.shifts.map(memberOf).join(' and ')}`,
    })),
  ].sort((a, b) => a.start.localeCompare(b.start));
  return html`${
    lines.length === 0
      ? html`<p>None: at every instant one member is on duty.</p>`
      : html`<ul>${lines.map(({ start, end, what }) => html`<li>${what}: ${shortTime(context, start)} to ${shortTime(context, end)}</li>`)}</ul>`
  }<p class="hint">The last shift ends ${shortTime(context, until)}; from then on nobody is on duty.</p>`;
}

/** Every shift that is not over, each with what can be done with it. */
function shiftTable(context: PageContext, model: RotaModel): Html {
  const link = (form: RotaForm, label: string, shift: Shift): Html =>
    html`<a href="/desk/rota/${form}?shift=${encodeURIComponent(shift.id)}">${label}<span class="unseen"> the shift of ${shiftLabel(context, model, shift)}</span></a>`;
  return table(
    'Shifts that run or are ahead',
    ['From', 'To', 'On duty', 'You can'],
    model.shifts.map((shift) => [
      shortTime(context, shift.start),
      shortTime(context, shift.end),
      html`${model.nameOf(shift.member)}`,
      html`${link('change-shift', 'Change', shift)} · ${link('split-shift', 'Split', shift)} · ${link('remove-shift', 'Remove', shift)}`,
    ]),
  );
}

/** The rota: four weeks drawn, open offers, what can be changed, the feeds. */
export function rotaPage(context: PageContext, model: RotaModel, done: string | undefined): Html {
  const open = model.rota.swaps.filter(({ state }) => state === 'proposed');
  const feeds = model.rota.feeds ?? {};
  return shell({
    title: 'Rota',
    context,
    who: model.who,
    nav: groupNav,
    body: html`${doneNotice(done)}<h1>Rota</h1>
${open.some(({ to }) => to === model.me) ? html`<div class="asked"><h2>A shift is offered to you</h2><p>Accept or decline it below. Without an answer the rota stays as it is.</p></div>` : ''}
${
  open.length > 0
    ? html`<h2>Offers</h2>${table(
        'Offers of shifts',
        ['From', 'To', 'Shift', 'In return', 'You can'],
        open.map((swap) => offer(context, model, swap)),
      )}`
    : ''
}
<h2>The next four weeks</h2>${rotaPicture(context, model.weeks, model.me, model.nameOf)}
<h2>Gaps and overlaps</h2>${coverageList(context, model)}
<h2>What you can do</h2><ul class="acts">${[
      act('propose-swap', 'Offer a shift of yours', 'To another member, for one of theirs or for nothing'),
      act('put-shift', 'Add a shift', 'For yourself or another member'),
      act('generate-shifts', 'Plan shifts in turn', 'Round-robin; shifts that begin in that time give way'),
    ]}</ul>
${model.shifts.length > 0 ? html`<h2>Change a shift</h2><p class="hint">Whoever is put on duty by it, or taken off, gets a mail.</p><details><summary>${model.shifts.length} shifts that run or are ahead</summary>${shiftTable(context, model)}</details>` : ''}
<h2>Calendar feeds</h2><p class="hint">A feed’s address is secret: whoever has it sees who is on duty and when, and nothing else. It is shown once; a new one makes the old one dead.</p>${facts(
      [
        ['Your shifts', feeds[model.me] ? 'has an address' : 'has no address'],
        ['The working group', feeds['working-group'] ? 'has an address' : 'has no address'],
      ],
    )}<ul class="acts">${act('issue-feed', 'Make a feed’s address', 'For your shifts, or everyone’s')}${act('revoke-feed', 'Make an address dead', 'Calendars that use it get nothing any more')}</ul>`,
  });
}

const select = (
  name: string,
  label: string,
  options: readonly { readonly value: string; readonly label: string }[],
  more: { readonly hint?: string; readonly optional?: boolean; readonly value?: string } = {},
): Field => ({ kind: 'select', name, label, options, ...more });

const whose: Field = {
  kind: 'choice',
  name: 'of',
  label: 'Whose shifts?',
  options: [
    { value: 'mine', label: 'My own' },
    { value: 'working-group', label: 'Everyone’s', hint: 'One address for the whole working group' },
  ],
};

const moment = (
  context: PageContext,
  date: string,
  clock: string,
  label: string,
  stands?: Instant,
): Field => {
  const [day, time] = stands ? localText(stands, context.zone).split('T') : [];
  return {
    kind: 'group',
    fields: [
      { kind: 'date', name: date, label, short: true, ...(day && { value: day }) },
      {
        kind: 'time',
        name: clock,
        label: 'at',
        hint: `Time in ${context.zone}`,
        short: true,
        ...(time && { value: time }),
      },
    ],
  };
};

/** The forms of the rota. None has a choice made already, but what is edited stands as it is: `about` is that shift. */
export function rotaForm(context: PageContext, form: RotaForm, model: RotaModel, about?: Shift): FormSpec {
  const shifts = (mine: boolean | undefined) =>
    model.shifts
      .filter(({ member }) => mine === undefined || (member === model.me) === mine)
      .map((shift) => ({ value: shift.id, label: shiftLabel(context, model, shift) }));
  const people = (states: readonly Person['member'][]) =>
    model.members
      .filter(({ member }) => states.includes(member))
      .map(({ id }) => ({ value: id, label: model.nameOf(id) }));
  const others = people(['active']).filter(({ value }) => value !== model.me);
  switch (form) {
    case 'propose-swap':
      return {
        act: form,
        title: 'Offer a shift of yours',
        intro: 'They get a mail and answer by its link. Until they accept, the shift stays yours.',
        fields: [
          select('shift', 'The shift that you offer', shifts(true)),
          select('to', 'Whom do you ask?', others, { hint: 'Active members' }),
          select('inReturn', 'A shift of theirs that you take', shifts(false), { optional: true }),
        ],
        button: 'Offer the shift',
      };
    case 'answer-swap':
      return { act: form, title: 'Answer an offer', fields: [], button: 'Send your answer' };
    case 'put-shift':
      return {
        act: form,
        title: 'Add a shift',
        fields: [
          select('member', 'Who is on duty?', people(['active', 'away'])),
          moment(context, 'date', 'time', 'From'),
          moment(context, 'endDate', 'endTime', 'To'),
        ],
        button: 'Add the shift',
      };
    case 'change-shift':
      return {
        act: form,
        title: 'Change a shift',
        intro:
          'Of a shift that runs already the beginning stays, and another member takes over at once. Open offers of it are withdrawn.',
        fields: [
          select('member', 'Who is on duty?', people(['active', 'away']), {
            ...(about && { value: about.member }),
          }),
          moment(context, 'date', 'time', 'From', about?.start),
          moment(context, 'endDate', 'endTime', 'To', about?.end),
        ],
        button: 'Change the shift',
      };
    case 'split-shift':
      return {
        act: form,
        title: 'Split a shift',
        intro: 'What comes after the instant becomes a shift of its own. Open offers of it are withdrawn.',
        fields: [
          moment(context, 'date', 'time', 'Split at'),
          select('member', 'Who is on duty from then on?', people(['active', 'away'])),
        ],
        button: 'Split the shift',
      };
    case 'remove-shift':
      return {
        act: form,
        title: 'Remove a shift',
        intro:
          'Of a shift that runs already the rest goes. Open offers of it are withdrawn. Where nobody else is on duty, everyone is told.',
        fields: [
          select('shift', 'Which shift?', shifts(undefined), { ...(about && { value: about.id }) }),
          { kind: 'tick', name: 'sure', label: 'Yes, remove it' },
        ],
        button: 'Remove the shift',
      };
    case 'generate-shifts':
      return {
        act: form,
        title: 'Plan shifts in turn',
        intro: 'Each shift begins where the one before ends. Shifts that begin within that time give way.',
        fields: [
          moment(context, 'date', 'time', 'The first begins on'),
          {
            kind: 'group',
            fields: [
              { kind: 'text', name: 'length', label: 'Each takes', short: true },
              select(
                'unit',
                'counted in',
                ['hours', 'days', 'weeks', 'months'].map((value) => ({ value, label: value })),
              ),
            ],
          },
          { kind: 'date', name: 'until', label: 'The last begins before', short: true },
          ...people(['active']).map((_, index) =>
            select(`turn_${index + 1}`, `In turn ${index + 1}`, people(['active']), {
              optional: index > 0,
            }),
          ),
        ],
        button: 'Plan these shifts',
      };
    case 'acknowledge-handover':
      return {
        act: form,
        title: 'Acknowledge the handover',
        fields: [{ kind: 'tick', name: 'sure', label: 'I have read this and I am on duty' }],
        button: 'Acknowledge the handover',
      };
    case 'note-handover':
      return {
        act: form,
        title: 'Notes for whoever takes over',
        intro: 'Members see them on “Today”. They are kept outside the record and are in no mail.',
        fields: [{ kind: 'area', name: 'text', label: 'Your notes', hint: 'At most 2,000 characters' }],
        button: 'Keep the notes',
      };
    case 'issue-feed':
      return {
        act: form,
        title: 'Make a feed’s address',
        intro: 'It is shown once. If the feed has an address already, that one is dead from then on.',
        fields: [whose, { kind: 'tick', name: 'sure', label: 'Yes, make a new address' }],
        button: 'Make the address',
      };
    case 'revoke-feed':
      return {
        act: form,
        title: 'Make a feed’s address dead',
        fields: [whose, { kind: 'tick', name: 'sure', label: 'Yes, calendars get nothing any more' }],
        button: 'Make the address dead',
      };
  }
}

/** The answers to an offer that are this member's to give. */
export function swapAnswers(model: RotaModel, swap: Swap): readonly Field[] {
  const options =
    swap.to === model.me
      ? [
          { value: 'accepted', label: 'Accept', hint: 'The shift is yours from then on' },
          { value: 'declined', label: 'Decline', hint: 'The rota stays as it is' },
        ]
      : [{ value: 'withdrawn', label: 'Take the offer back', hint: 'The rota stays as it is' }];
  return [{ kind: 'choice', name: 'answer', label: 'Your answer', options }];
}

/** An offer in words, above its answer. */
export function swapFacts(context: PageContext, model: RotaModel, swap: Swap): Html {
  const shift = shiftOf(model, swap.shift);
  const back = shiftOf(model, swap.inReturn);
  return facts([
    ['Offered by', model.nameOf(swap.from)],
    ['Asked', model.nameOf(swap.to)],
    ['Shift begins', shift && time(context, shift.start)],
    ['Shift ends', shift && time(context, shift.end)],
    ['In return', back ? html`${time(context, back.start)} to ${time(context, back.end)}` : 'nothing'],
  ]);
}

/** A new feed's address: shown once, kept only as its hash. */
export const feedPage = (context: PageContext, who: string, address: string, whoseShifts: string): Html =>
  shell({
    title: 'A new feed',
    context,
    who,
    nav: groupNav,
    narrow: true,
    body: html`<h1>A new feed: ${whoseShifts}</h1><p>Subscribe to this address in your calendar. It is shown this once; the desk keeps only its fingerprint.</p><p><code>${address}</code></p><p class="soft">Made on ${localDate(context.now, context.zone)}. Whoever has the address sees who is on duty, and nothing else. You can make it dead on the <a href="/desk/rota">rota’s page</a>.</p>`,
  });

/** The shift that is changed, above the form. */
export const shiftFacts = (context: PageContext, { nameOf }: RotaModel, shift: Shift): Html =>
  facts([
    ['On duty', nameOf(shift.member)],
    ['Shift begins', time(context, shift.start)],
    ['Shift ends', time(context, shift.end)],
  ]);

/** The instant of a handover, above its notes. */
export const handoverFacts = (context: PageContext, at: Instant): Html =>
  facts([['Handover at', time(context, at)]]);
