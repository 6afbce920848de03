import { beforeEach, describe, expect, it } from 'vitest';
import { localText } from '#domain/calendar.ts';
import type { DutyRecord } from '#domain/handover.ts';
import { day, type Instant, plus } from '#domain/instant.ts';
import { reminderActions } from '#letters/context.ts';
import { composeLetter } from '../../functions/deliver/compose-letter.ts';
import { Desk, formsOf, hiddenOf, origin, reference, untouched, type Visitor, valid } from './desk.ts';

const repository = 'openedx/edx-platform';
let desk: Desk;
beforeEach(async () => {
  desk = new Desk();
  await desk.seed();
});

async function seedRota(): Promise<void> {
  const [mo, max] = [desk.who('mo').id, desk.who('max').id];
  const rota: DutyRecord = {
    version: 1,
    shifts: [
      { id: 'now', member: mo, start: plus(desk.now, -day), end: plus(desk.now, 6 * day), zone: 'UTC' },
      { id: 'next', member: max, start: plus(desk.now, 6 * day), end: plus(desk.now, 13 * day), zone: 'UTC' },
    ],
    swaps: [],
    acknowledgements: [],
  };
  await desk.store.commit({
    writes: [{ put: 'rota', item: rota, expect: 0, due: undefined }],
    event: desk.event('ROTA', 'seed', 'generate-shifts'),
  });
}

/** An instant as the fields of a form have it. */
function momentOf(at: Instant): { readonly date: string; readonly time: string } {
  const [date = '', time = ''] = localText(at, desk.settings.policy.zone).split('T');
  return { date, time };
}

const rotaNow = async (): Promise<DutyRecord> => {
  const rota = await desk.store.rota();
  if (!rota) throw new Error('there is no rota');
  return rota;
};

/** Opens a form, fills it and sends it to where the form goes. */
async function fill(visitor: Visitor, path: string, values: Record<string, string>) {
  return visitor.submit(await visitor.text(path), path, values);
}
async function rotaForm(visitor: Visitor, form: string, values: Record<string, string>, query = '') {
  return visitor.submit(await visitor.text(`/desk/rota/${form}${query}`), `/desk/rota/${form}`, values);
}

describe('a swap', () => {
  it('is offered on the page, and accepted by the link of the mail', async () => {
    await seedRota();
    const mo = await desk.as('mo', 'member', 'desk');

    const offered = await rotaForm(mo, 'propose-swap', {
      shift: 'now',
      to: desk.who('max').id,
      inReturn: 'next',
    });
    const event = (await desk.store.events('ROTA')).find(({ type }) => type === 'propose-swap');
    const max = await desk.as('max', 'member', event?.letters[0]?.about);
    const page = await max.text();
    const query = `?swap=${encodeURIComponent((await rotaNow()).swaps[0]?.id ?? '')}`;
    const silent = await rotaForm(max, 'answer-swap', {}, query);
    const answer = await rotaForm(max, 'answer-swap', { answer: 'accepted' }, query);

    expect([offered.status, silent.status, answer.status]).toEqual([303, 422, 303]);
    expect(max.path).toBe('/desk/rota');
    expect(page).toContain('A shift is offered to you');
    const shifts = (await rotaNow()).shifts.map(({ member }) => member);
    const [moId, maxId] = [desk.who('mo').id, desk.who('max').id];
    // The part of the running shift that is over stays Mo's.
    expect(shifts).toEqual([moId, maxId, moId]);
  });

  it('is not answered by anybody else', async () => {
    await seedRota();
    await desk.addPerson('ann@openedx.example', ['member'], { member: 'active', name: 'Ann' });
    await rotaForm(await desk.as('mo', 'member', 'desk'), 'propose-swap', {
      shift: 'now',
      to: desk.who('max').id,
    });
    const query = `?swap=${encodeURIComponent((await rotaNow()).swaps[0]?.id ?? '')}`;

    const answer = await (await desk.as('ann', 'member', 'desk')).get(`/desk/rota/answer-swap${query}`);

    expect(answer.status).toBe(404);
  });
});

describe('planning', () => {
  it('makes shifts in turn, in the desk’s zone', async () => {
    await seedRota();
    const mo = await desk.as('mo', 'member', 'desk');

    const answer = await rotaForm(mo, 'generate-shifts', {
      date: '2026-06-01',
      time: '09:00',
      length: '1',
      unit: 'weeks',
      until: '2026-06-20',
      turn_1: desk.who('max').id,
      turn_2: desk.who('mo').id,
    });

    expect(answer.status).toBe(303);
    const made = (await rotaNow()).shifts.filter(({ start }) => start >= '2026-06-01');
    expect(made.map(({ member }) => member)).toEqual(['max', 'mo', 'max'].map((name) => desk.who(name).id));
  });

  it('tells each whose duty the plan changes, by one letter; not who planned it, nor whose shifts stand', async () => {
    await seedRota();
    const ann = await desk.addPerson('ann@openedx.example', ['member'], { member: 'active', name: 'Ann' });
    const mo = await desk.as('mo', 'member', 'desk');
    const plan = (turns: Record<string, string>) =>
      rotaForm(mo, 'generate-shifts', {
        date: '2026-06-01',
        time: '09:00',
        length: '1',
        unit: 'weeks',
        until: '2026-06-28',
        ...turns,
      });
    const [moId, max] = [desk.who('mo').id, desk.who('max').id];

    await plan({ turn_1: max, turn_2: moId });
    await plan({ turn_1: max, turn_2: ann.id });
    await plan({ turn_1: max, turn_2: moId });

    const events = (await desk.store.events('ROTA'))
      .filter(({ type }) => type === 'generate-shifts')
      .slice(-3);
    const weeks = (params: object, of: 'before' | 'after') =>
      ((params as Record<string, { from: string }[]>)[of] ?? []).map(({ from }) => from.slice(0, 10));
    const told = events.map(({ letters }) =>
      letters.map(({ template, to, params }) => [
        template,
        'person' in to && to.person,
        weeks(params, 'before'),
        weeks(params, 'after'),
      ]),
    );
    expect(told).toEqual([
      [['shifts-planned', max, [], ['2026-06-01', '2026-06-15']]],
      [['shifts-planned', ann.id, [], ['2026-06-08', '2026-06-22']]],
      [['shifts-planned', ann.id, ['2026-06-08', '2026-06-22'], []]],
    ]);
  });

  it('refuses a plan of a thousand shifts, and a day that no calendar has', async () => {
    await seedRota();
    const mo = await desk.as('mo', 'member', 'desk');
    const plan = { time: '09:00', length: '1', unit: 'hours', turn_1: desk.who('max').id };

    const many = await rotaForm(mo, 'generate-shifts', { ...plan, date: '2026-06-01', until: '2026-12-01' });
    const never = await rotaForm(mo, 'generate-shifts', { ...plan, date: '2026-02-31', until: '2026-12-01' });

    expect([many.status, never.status]).toEqual([422, 422]);
    expect(await many.text()).toContain('At most 200 shifts at once');
    expect(await never.text()).toContain('There is no day 2026-02-31');
  });
});

describe('R2: a shift is changed by hand', () => {
  it('the form shows what stands; sent as it is it changes nothing', async () => {
    await seedRota();
    const mo = await desk.as('mo', 'member', 'desk');
    const page = await mo.text('/desk/rota/change-shift?shift=next');
    const form = formsOf(page)[0];

    const answer = await mo.submit(page, '/desk/rota/change-shift', untouched(form?.body ?? ''));

    expect(answer.status).toBe(422);
    expect(await answer.text()).toContain('That changes nothing.');
  });

  it('moved and given to another: gaps and overlaps are shown, and whoever it concerns gets a letter', async () => {
    await seedRota();
    const mo = await desk.as('mo', 'member', 'desk');
    const page = await mo.text('/desk/rota/change-shift?shift=next');
    const stands = untouched(formsOf(page)[0]?.body ?? '');
    const later = localText(plus(desk.now, 7 * day), 'America/New_York').slice(0, 10);

    const answer = await mo.submit(page, '/desk/rota/change-shift', {
      ...stands,
      member: desk.who('mo').id,
      date: later,
    });
    const shown = await mo.text(answer.headers.get('location') ?? '');

    const moved = (await rotaNow()).shifts.find(({ id }) => id === 'next');
    expect(moved).toMatchObject({ member: desk.who('mo').id, start: plus(desk.now, 7 * day) });
    // What the form did not touch stays to the millisecond.
    expect(moved?.end).toBe(plus(desk.now, 13 * day));
    expect(shown).toContain('The shift was changed.');
    expect(shown).toMatch(/<span class="tag">gap<\/span> nobody is on duty: /);
    const event = (await desk.store.events('ROTA')).find(({ type }) => type === 'change-shift');
    expect(event?.letters.map(({ to, template }) => [to, template])).toEqual([
      [{ person: desk.who('max').id }, 'shift-changed'],
    ]);
  });

  it('split: the later part is another member’s, who hears of it', async () => {
    await seedRota();
    const mo = await desk.as('mo', 'member', 'desk');

    const answer = await rotaForm(
      mo,
      'split-shift',
      {
        ...momentOf(plus(desk.now, 2 * day)),
        member: desk.who('max').id,
      },
      '?shift=now',
    );

    expect(answer.status).toBe(303);
    const ids = ['mo', 'max', 'max'].map((name) => desk.who(name).id);
    expect((await rotaNow()).shifts.map(({ member }) => member)).toEqual(ids);
    const letters = (await desk.store.events('ROTA')).at(-1)?.letters;
    expect(letters?.map(({ to }) => to)).toEqual([{ person: desk.who('max').id }]);
  });

  it('outside the shift it is refused at its field, and what was typed is kept', async () => {
    await seedRota();
    const mo = await desk.as('mo', 'member', 'desk');
    const typed = { ...momentOf(plus(desk.now, 9 * day)), member: desk.who('max').id };

    const answer = await rotaForm(mo, 'split-shift', typed, '?shift=now');

    const text = await answer.text();
    expect(answer.status).toBe(422);
    expect(text).toContain('<a href="#date">');
    expect(text).toContain(`value="${typed.date}"`);
  });

  it('added beside others, removed again: each has a row with what can be done with it', async () => {
    await seedRota();
    const mo = await desk.as('mo', 'member', 'desk');
    const [from, to] = [momentOf(plus(desk.now, 20 * day)), momentOf(plus(desk.now, 21 * day))];

    const added = await rotaForm(mo, 'put-shift', {
      member: desk.who('max').id,
      ...from,
      endDate: to.date,
      endTime: to.time,
    });
    const id = (await rotaNow()).shifts.at(-1)?.id ?? '';
    const page = await mo.text('/desk/rota');
    const removed = await rotaForm(mo, 'remove-shift', { shift: id, sure: 'yes' });

    expect([added.status, removed.status]).toEqual([303, 303]);
    for (const form of ['change-shift', 'split-shift', 'remove-shift'])
      expect(page).toContain(`/desk/rota/${form}?shift=${encodeURIComponent(id)}`);
    expect((await rotaNow()).shifts).toHaveLength(2);
  });

  it('a shift that is not there, or over, has no form', async () => {
    await seedRota();
    const mo = await desk.as('mo', 'member', 'desk');

    expect((await mo.get('/desk/rota/change-shift')).status).toBe(404);
    expect((await mo.get('/desk/rota/split-shift?shift=gone')).status).toBe(404);
  });
});

describe('a calendar feed', () => {
  it('has a secret address, shown once, that gives shifts and nothing else until it is revoked', async () => {
    await seedRota();
    const mo = await desk.as('mo', 'member', 'desk');

    const made = await (await rotaForm(mo, 'issue-feed', { of: 'mine', sure: 'yes' })).text();
    const address = /<code>https:\/\/[^/]+(\/feeds\/\w+\.ics)<\/code>/.exec(made)?.[1] ?? '';
    const feed = await desk.request('GET', address);
    const text = await feed.text();
    await rotaForm(mo, 'revoke-feed', { of: 'mine', sure: 'yes' });
    const dead = await desk.request('GET', address);

    expect(feed.headers.get('content-type')).toBe('text/calendar; charset=utf-8');
    expect(text.match(/BEGIN:VEVENT/g)).toHaveLength(1);
    expect(text).not.toMatch(/EDX-|@openedx\.example/);
    expect(dead.status).toBe(404);
    expect((await desk.request('GET', '/feeds/guess.ics')).status).toBe(404);
  });
});

/** Carries the disclosure to "advised", with Mia as maintainer. */
async function advise(): Promise<void> {
  const mo = await desk.as('mo', 'member');
  const preview = await mo.submit(await mo.text(), `/d/${reference}/triage`, valid);
  await mo.confirm(preview, `/d/${reference}/triage`);
  const { commit } = desk.deps(origin);
  const mia = desk.who('mia').id;
  const of = { disclosure: reference, actor: { kind: 'desk' } as const };
  const advisory = { ghsa: 'GHSA-aaaa-bbbb-cccc', url: 'https://github.example/1', state: 'draft' } as const;
  await commit({ ...of, command: { name: 'record-advisory', repository, advisory }, cause: 'a' });
  await commit({
    ...of,
    command: {
      name: 'notify-maintainer',
      repository,
      maintainer: { id: `owners:${mia}`, people: [mia], source: 'contacts' },
    },
    cause: 'n',
  });
}

describe('a batch of the shift (R9)', () => {
  const path = (form: string) =>
    `/desk/batch/${form}?maintainer=${encodeURIComponent(`owners:${desk.who('mia').id}`)}&frequency=monthly`;
  const group = () => desk.store.group(`owners:${desk.who('mia').id}`, 'monthly');

  it('is postponed once, with a reason, within the limits', async () => {
    await advise();
    const mo = await desk.as('mo', 'member', 'desk');
    const wish = { date: '2026-04-05', time: '09:00', reason: 'Holidays' };

    const far = await fill(mo, path('postpone-batch'), { ...wish, date: '2026-06-01' });
    const near = await fill(mo, path('postpone-batch'), wish);
    const twice = await fill(mo, path('postpone-batch'), wish);

    expect([far.status, near.status, twice.status]).toEqual([422, 303, 422]);
    expect(await twice.text()).toContain('This batch was postponed already.');
    expect((await group())?.postponement?.reason).toBe('Holidays');
    expect(await mo.text(near.headers.get('location') ?? '')).toContain('The batch was postponed.');
  });

  it('gets a note only after the mail was shown with it, and the warning', async () => {
    await advise();
    const mo = await desk.as('mo', 'member', 'desk');

    const shown = await fill(mo, path('note-batch'), { text: 'We meet on Monday.' });
    const before = await group();
    const page = await shown.text();
    const kept = await mo.submit(page, path('note-batch'), {});

    expect(shown.status).toBe(200);
    expect(page).toContain('Mail is readable on its way');
    expect(page).toContain(`${reference}, ${repository}`);
    expect(before?.note).toBeUndefined();
    expect(kept.status).toBe(303);
    const note = (await group())?.note;
    expect(note && (await desk.archive.text(note.text))).toBe('We meet on Monday.');
  });

  it('too far ahead, the refusal says until when it may be, in the desk’s zone', async () => {
    await advise();
    const mo = await desk.as('mo', 'member', 'desk');

    const far = await fill(mo, path('postpone-batch'), {
      date: '2026-06-01',
      time: '09:00',
      reason: 'Holidays',
    });

    expect(await far.text()).toContain(
      'Choose Thursday 9 April 2026, 04:00 (America/New_York, UTC-04:00), or earlier.',
    );
  });

  it('shows what can be done to whoever decides on it alone, and why it was postponed to all', async () => {
    await seedRota();
    await advise();
    // The last day of Mo’s shift is the one on which it is due.
    const due = (await group())?.entries[0]?.dueAt ?? '';
    const rota = await rotaNow();
    const shifts = rota.shifts.map((shift) =>
      shift.id === 'now'
        ? { ...shift, end: plus(due, 8 * day) }
        : { ...shift, start: plus(due, 8 * day), end: plus(due, 9 * day) },
    );
    await desk.store.commit({
      writes: [{ put: 'rota', item: { ...rota, shifts, version: 2 }, expect: 1, due: undefined }],
      event: desk.event('ROTA', 'longer', 'change-shift'),
    });
    const [mo, max] = [await desk.as('mo', 'member', 'desk'), await desk.as('max', 'member', 'desk')];

    const [hers, his] = [await mo.text('/desk/today'), await max.text('/desk/today')];
    const { date, time } = momentOf(plus(due, 2 * day));
    await fill(mo, path('postpone-batch'), { date, time, reason: 'Easter' });
    const after = await max.text('/desk/today');

    expect([hers, his].map((page) => page.includes('postpone-batch'))).toEqual([true, false]);
    expect(his).toContain('the on-duty member decides');
    expect(after).toMatch(/postponed<\/span>.*by Mo Member: Easter/);
  });

  it('and its clock stand on the case: how often, what went out, and that nobody answers', async () => {
    await advise();
    const mo = await desk.as('mo', 'member');
    const found = await group();
    if (!found) throw new Error('nobody is reminded');
    const before = await mo.text();
    const silent = found.entries.map((entry) => ({
      ...entry,
      remindersSent: 2,
      silentCount: 1,
      lastRemindedAt: desk.now,
    }));
    await desk.store.commit({
      writes: [
        {
          put: 'group',
          item: { ...found, entries: silent, version: found.version + 1 },
          expect: found.version,
          due: undefined,
        },
      ],
      event: desk.event(`GROUP#${found.maintainer}#monthly`, 'reminded', 'remind'),
    });
    const after = await mo.text();

    expect(before).toMatch(/monthly, 0 sent; the next is due <time datetime="2026-04-02/);
    expect(after).toContain('2 sent, the last');
    expect(after).toContain('silent: the last 2 without an answer');
    expect(await (await desk.as('mia', 'maintainer')).text()).not.toContain('without an answer');
  });

  it('of a group that nobody reminds is no page', async () => {
    const mo = await desk.as('mo', 'member', 'desk');

    const answer = await mo.get('/desk/batch/note-batch?maintainer=owners:x&frequency=monthly');

    expect(answer.status).toBe(404);
  });
});

describe('a reminder is answered by the links of its mail', () => {
  const answers: Readonly<Record<(typeof reminderActions)[number], Record<string, string>>> = {
    'expect-fix': { date: '2026-04-01' },
    'ask-help': { sure: 'yes' },
    adjudicate: { how: 'label', label: 'low' },
    disown: { suggestion: 'the LMS team', sure: 'yes' },
    'record-merge': { branch: 'main', url: 'https://github.com/openedx/edx-platform/commit/abc' },
  };

  it.each(reminderActions)('%s: the link opens its form, and one POST does it', async (action) => {
    await advise();
    const mia = desk.who('mia');
    const event = await desk.store.event(`DISC#${reference}`, 'n');
    const disclosure = await desk.stored();
    if (!event) throw new Error('Mia was not notified');
    const { store, archive, clock, settings } = desk;
    const mail = await composeLetter(
      { store, archive, clock, settings, linkBase: origin, signer: async () => desk.signer },
      event,
      'L0',
      {
        template: 'reminder',
        to: { person: mia.id },
        as: 'maintainer',
        about: reference,
        params: {
          frequency: 'monthly',
          toMaintainer: true,
          lines: [
            { reference, repository, rating: 'high', stage: disclosure.stage, ageDays: 3, next: 'the fix' },
          ],
        },
      },
      mia,
    );
    const tokens = [...mail.text.matchAll(/\/a#t=(\S+)/g)].map(([, token = '']) => token);
    const token = tokens[reminderActions.indexOf(action)] ?? '';

    const { cookie, path } = await desk.enter(token);
    const page = await (await desk.request('GET', path, { headers: { cookie } })).text();
    const form = `/d/${reference}/${action}`;
    const answer = await desk.post(form, { ...hiddenOf(page, form), ...answers[action] }, cookie);
    const done = answer.status === 303 ? answer : await confirmed(await answer.text(), form, cookie);

    expect(path).toBe(`${form}?repository=openedx%2Fedx-platform`);
    expect(done.status).toBe(303);
    expect((await desk.store.events(`DISC#${reference}`)).at(-1)?.type).toBe(action);
  });

  /** Grave answers are shown before they are given; their own button gives them. */
  async function confirmed(page: string, form: string, cookie: string): Promise<Response> {
    return desk.post(form, hiddenOf(page, form), cookie);
  }
});
