import type { BatchNote, Postponement } from '#domain/cadence.ts';
import type { Instant } from '#domain/instant.ts';
import type { PersonId } from '#domain/people.ts';
import type { HandoverState } from '#domain/rota.ts';
import type { CaseLine, DueLine, HandoverLine, Today } from '#domain/today.ts';
import { deadlineWords, holdWords, stageWords } from '#letters/words.ts';
import { renderForm } from './form.ts';
import { doneNotice, groupNav } from './group-page.ts';
import { facts, folded, type Html, html, type PageContext, shortTime, table, time } from './html.ts';
import { shell } from './layout.ts';
import { timeline } from './lifecycle-picture.ts';
import { rotaPicture } from './rota-picture.ts';
import { responseWords } from './words.ts';

/** A batch of reminders that goes out in the shift, as the page lists it. */
export interface BatchLine {
  readonly maintainer: string;
  readonly who: string;
  readonly frequency: string;
  /** The same in words. */
  readonly often: string;
  readonly at: Instant;
  readonly entries: readonly { readonly disclosure: string; readonly repository: string }[];
  /** Until when, why and by whom; undefined where it was not. */
  readonly postponed: Pick<Postponement, 'reason' | 'by'> | undefined;
  readonly note: BatchNote | undefined;
  /** This member decides on it (OEP-60 R9). */
  readonly mine: boolean;
  /** It is the next of its group: what can be postponed or noted upon. */
  readonly next: boolean;
}

/** A handover with the words of its notes. */
export interface HandoverModel {
  readonly line: HandoverLine;
  readonly notes: readonly { readonly by: PersonId; readonly text: string }[];
}

export interface TodayModel {
  readonly who: string;
  readonly me: PersonId;
  readonly today: Today;
  readonly nameOf: (person: PersonId | undefined) => string;
  readonly last: HandoverModel | undefined;
  readonly following: HandoverModel | undefined;
  readonly batches: readonly BatchLine[];
  readonly offers: number;
  readonly revision: number;
  readonly formId: string;
  readonly done: string | undefined;
}

const becauseWords: Readonly<Record<CaseLine['because'], string>> = {
  mine: 'you triaged it',
  'on-duty': 'you are on duty, nobody has taken it up',
  confirm: 'asks for your confirmation',
};

export const handoverWords: Readonly<Record<HandoverState, string>> = {
  ahead: 'ahead',
  waiting: 'waits for acknowledgement',
  acknowledged: 'acknowledged',
  overdue: 'not acknowledged within a day; the working group was told',
  nobody: 'nobody takes over',
};

/** The address of a batch's page. */
export const batchPath = (form: string, maintainer: string, frequency: string): string =>
  `/desk/batch/${form}?maintainer=${encodeURIComponent(maintainer)}&frequency=${frequency}`;

const caseTable = (context: PageContext, lines: readonly CaseLine[]): Html =>
  lines.length === 0
    ? html`<p class="soft">None.</p>`
    : table(
        'My cases',
        ['Reference', 'Severity', 'Stage', 'Next', 'Answer due', 'Why it is here'],
        lines.map((line) => [
          html`<a href="/d/${line.reference}">${line.reference}</a>`,
          line.rating ?? html`<span class="soft">not scored</span>`,
          html`${stageWords[line.stage]}${line.hold ? html` <span class="tag">${holdWords[line.hold as keyof typeof holdWords] ?? line.hold}</span>` : ''}`,
          line.next,
          line.response === 'open' || line.response === 'warned' || line.response === 'missed'
            ? html`${shortTime(context, line.responseDueAt)} ${responseWords[line.response] ? html`<span class="tag">${responseWords[line.response]}</span>` : ''}`
            : html`<span class="soft">answered</span>`,
          becauseWords[line.because],
        ]),
      );

function dueRow(context: PageContext, model: TodayModel, line: DueLine): readonly Html[] {
  if (line.kind === 'deadline')
    return [
      shortTime(context, line.at),
      html`<a href="/d/${line.reference}">${line.reference}</a>: ${deadlineWords[line.name]}${line.past ? html` <span class="tag">past</span>` : ''}`,
    ];
  const batch = model.batches.find(
    ({ maintainer, frequency }) => maintainer === line.maintainer && frequency === line.frequency,
  );
  return [
    shortTime(context, line.at),
    html`Reminder ${batch?.often ?? line.frequency} to ${batch?.who ?? 'a maintainer'}, ${line.entries} ${line.entries === 1 ? 'entry' : 'entries'}${line.postponed ? html` <span class="tag">postponed</span>` : ''}`,
  ];
}

/** What this member can do to a batch. */
const batchActs = ({ postponed, note, maintainer, frequency }: BatchLine): Html => {
  const act = (form: string, label: string) =>
    html`<a href="${batchPath(form, maintainer, frequency)}">${label}</a>`;
  return html`${postponed ? '' : html`${act('postpone-batch', 'Postpone it')}<br>`}${act('note-batch', note ? 'Change its note' : 'Add a note')}${note ? html`<br>${act('drop-note', 'Take the note back')}` : ''}`;
};

const batchTable = (context: PageContext, { batches, nameOf }: TodayModel): Html =>
  batches.length === 0
    ? html`<p class="soft">No reminder goes out.</p>`
    : table(
        'Reminders that go out in this shift',
        ['Goes out', 'To', 'About', 'You can'],
        batches.map((batch) => [
          html`${shortTime(context, batch.at)}${batch.postponed ? html` <span class="tag">postponed</span><br><span class="soft">by ${nameOf(batch.postponed.by)}: ${batch.postponed.reason}</span>` : ''}`,
          html`${batch.who}<br><span class="soft">${batch.often}</span>`,
          html`${batch.entries.map(({ disclosure, repository }) => html`<a href="/d/${disclosure}">${disclosure}</a> <span class="soft">${repository}</span><br>`)}`,
          batch.mine && batch.next
            ? batchActs(batch)
            : html`<span class="soft">${batch.note ? 'it has a note; ' : ''}${batch.mine ? 'after the one before it' : 'the on-duty member decides'}</span>`,
        ]),
      );

/** What the member on duty took over, as it stands now: the brief of the last handover. */
function brief(context: PageContext, model: TodayModel): Html {
  const { brief: found } = model.today;
  if (!found) return html``;
  const deadlines = (found.ahead ?? []).flatMap((line) => ('reference' in line ? [line] : []));
  return folded(
    html`The brief: ${found.openInAll ?? found.open.length} open, ${found.aheadInAll ?? 0} due in this shift, ${found.lapsing} ${found.lapsing === 1 ? 'promise' : 'promises'} about to lapse or lapsed`,
    html`${
      found.open.length === 0
        ? html`<p class="soft">No disclosure is open.</p>`
        : table(
            'Open disclosures',
            ['Reference', 'Stage', 'Next'],
            found.open.map(({ reference, stage, next }) => [
              html`<a href="/d/${reference}">${reference}</a>`,
              stageWords[stage],
              next,
            ]),
          )
    }${
      deadlines.length === 0
        ? html`<p class="soft">No disclosure has a deadline in this shift.</p>`
        : table(
            'Deadlines of this shift',
            ['When', 'What'],
            deadlines.map(({ at, reference, deadline }) => [
              shortTime(context, at),
              html`<a href="/d/${reference}">${reference}</a>: ${deadlineWords[deadline]}`,
            ]),
          )
    }${
      (found.promises ?? []).length === 0
        ? ''
        : table(
            'Promises to reporters',
            ['First answer by', 'Of'],
            (found.promises ?? []).map(({ reference, dueAt }) => [
              shortTime(context, dueAt),
              html`<a href="/d/${reference}">${reference}</a>`,
            ]),
          )
    }<p><a href="/desk">${found.unanswered} unanswered ${found.unanswered === 1 ? 'mail' : 'mails'}, ${found.quarantined} in quarantine</a></p>`,
    model.today.iAmOnDuty && model.today.last?.state !== 'acknowledged',
  );
}

/** One handover: who, when, how it stands, what the outgoing member noted, and what is asked of this member. */
function handover(
  context: PageContext,
  model: TodayModel,
  title: string,
  { line, notes }: HandoverModel,
): Html {
  const acknowledges = line.incoming === model.me && (line.state === 'waiting' || line.state === 'overdue');
  const writes = line.outgoing === model.me && line.state !== 'acknowledged';
  return html`<h3>${title}</h3>${facts([
    ['At', time(context, line.at)],
    ['From', line.outgoing ? model.nameOf(line.outgoing) : 'nobody'],
    ['To', line.incoming ? model.nameOf(line.incoming) : 'nobody'],
    ['State', html`<span class="tag">${handoverWords[line.state]}</span>`],
  ])}${notes.map((note) => html`<article class="message"><header><strong>Notes of ${model.nameOf(note.by)}</strong></header><pre>${note.text}</pre></article>`)}${
    acknowledges
      ? renderForm(
          {
            act: 'acknowledge-handover',
            title: 'Acknowledge',
            fields: [{ kind: 'tick', name: 'sure', label: 'I have read this and I am on duty' }],
            button: 'Acknowledge the handover',
          },
          {
            action: '/desk/rota/acknowledge-handover',
            revision: model.revision,
            formId: model.formId,
            hidden: { at: line.at },
          },
        )
      : ''
  }${writes ? html`<p><a href="/desk/rota/note-handover?at=${encodeURIComponent(line.at)}">${notes.some(({ by }) => by === model.me) ? 'Change your notes' : 'Add notes'} for whoever takes over</a></p>` : ''}`;
}

/** The members' page "Today": what is asked of this member, what falls due, what is to come. */
export function todayPage(context: PageContext, model: TodayModel): Html {
  const { today, nameOf } = model;
  const { onDuty, size } = today;
  const asked = [
    today.last?.incoming === model.me && (today.last.state === 'waiting' || today.last.state === 'overdue')
      ? html`<li>You are on duty: <a href="#handover">acknowledge the handover</a></li>`
      : undefined,
    model.offers > 0
      ? html`<li><a href="/desk/rota">${model.offers} ${model.offers === 1 ? 'shift is' : 'shifts are'} offered to you</a></li>`
      : undefined,
    today.unanswered > 0
      ? html`<li><a href="/desk">${today.unanswered} ${today.unanswered === 1 ? 'mail waits' : 'mails wait'} for a decision or an answer</a></li>`
      : undefined,
    today.quarantined > 0 ? html`<li><a href="/desk">${today.quarantined} in quarantine</a></li>` : undefined,
  ].filter((each) => each !== undefined);
  return shell({
    title: 'Today',
    context,
    who: model.who,
    nav: groupNav,
    body: html`${doneNotice(model.done)}<h1>Today</h1>
<p>On duty: <strong>${onDuty ? nameOf(onDuty.member) : 'nobody'}</strong>${onDuty ? html`, until ${time(context, onDuty.end)}` : html`. New reports go to everyone; reminders go out anyway. <a href="/desk/rota/put-shift">Take a shift</a>`}</p>
<div class="asked"><h2>${asked.length === 0 ? 'Nothing else is asked of you' : 'What is asked'}</h2>${asked.length > 0 ? html`<ul>${asked}</ul>` : ''}</div>
${size ? html`<div class="notice"><p>The working group has ${size.members} ${size.members === 1 ? 'member' : 'members'}; it should have ${size.least} to ${size.most}. <a href="/desk/members">Members</a></p></div>` : ''}
<h2>My cases</h2>${caseTable(context, today.mine)}
<h2>Due now</h2><p class="hint">Within a day from now, and what has passed and is still open.</p>${
      today.due.length === 0
        ? html`<p class="soft">Nothing.</p>`
        : table(
            'Due now',
            ['When', 'What'],
            today.due.map((line) => dueRow(context, model, line)),
          )
    }
<h2>Releases to come</h2>${
      today.releases.length === 0
        ? html`<p class="soft">None in the next four weeks.</p>`
        : html`${timeline(
            context,
            today.releases.map(({ at, reference, confirmed }) => ({
              at,
              label: confirmed ? reference : `${reference} (proposed)`,
              href: `/d/${reference}`,
            })),
          )}${table(
            'Releases to come',
            ['Disclosure', 'Release', 'Announcement'],
            today.releases.map((release) => [
              html`<a href="/d/${release.reference}">${release.reference}</a>`,
              html`${shortTime(context, release.at)} <span class="tag">${release.confirmed ? 'confirmed' : 'proposed'}</span>`,
              release.announcedAt
                ? html`visible since ${shortTime(context, release.announcedAt)}`
                : html`must be visible by ${shortTime(context, release.announceBy)}`,
            ]),
          )}`
    }
<h2>${today.iAmOnDuty ? 'Reminders of your shift' : 'Reminders to come'}</h2><p class="hint">They go out as they are, unless the on-duty member postpones one or adds a note.</p>${batchTable(context, model)}
<h2 id="handover">Handover</h2>${brief(context, model)}${model.last ? handover(context, model, 'The last one', model.last) : ''}${model.following ? handover(context, model, 'The next one', model.following) : ''}${model.last || model.following ? '' : html`<p class="soft">The rota has none.</p>`}
<h2>Rota of the next four weeks</h2>${rotaPicture(context, today.weeks, model.me, nameOf)}<p><a href="/desk/rota">Swap, add or plan shifts</a></p>`,
  });
}
