import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commitCommand } from '#commit/commit-command.ts';
import { type MetricName, metrics } from '#contracts/metrics.ts';
import { outboxTag } from '#contracts/outbox.ts';
import type { StoredEvent } from '#contracts/ports.ts';
import type { SesSendingEvent } from '#contracts/ses-events.ts';
import { hour, plus } from '#domain/instant.ts';
import { handOffAdvisory } from '../../functions/hand-off-advisory/hand-off-advisory.ts';
import { observeLetters } from '../../functions/observe-letters/observe-letters.ts';
import { openAdvisories } from '../../functions/open-advisories/open-advisories.ts';
import { releaseDeadline } from '../../functions/release-deadline/release-deadline.ts';
import { remindMaintainers } from '../../functions/remind-maintainers/remind-maintainers.ts';
import { MailRoom, settings as mailSettings, rawMail } from '../receive-mail/mail-room.ts';
import { at, TestDesk } from '../remind-maintainers/desk.ts';
import { deskWorld, reference, repository, settings } from '../support/outside-world.ts';

/** What a use case tells the metrics, kept for a look. */
function recorder() {
  const counted: (readonly [MetricName, number])[] = [];
  const measure = (name: MetricName, value: number) => void counted.push([name, value]);
  return { counted, measure };
}

describe('mail', () => {
  test('MailReceived: an intake counts once, however often its mail is brought', async () => {
    const room = new MailRoom();
    const arrival = room.post(rawMail({}));

    await Promise.all([room.receive(arrival), room.receive(arrival)]);
    await room.receive(arrival);

    expect(room.counted).toEqual([['MailReceived', 1]]);
  });

  test('MailUnparsed: an intake without a body, known by its header alone', async () => {
    const room = new MailRoom();
    const arrival = { ...room.post(rawMail({})), objectKey: 'in/gone', attempt: 3 };

    await room.receive(arrival);

    expect(room.counted).toEqual([
      ['MailReceived', 1],
      ['MailUnparsed', 1],
    ]);
  });
});

describe('letters', () => {
  test('CapReached: the acknowledgement that a cap holds back, not those before it', async () => {
    const room = new MailRoom();
    for (const subject of ['One', 'Two', 'Three']) await room.take(rawMail({ Subject: subject }));

    await room.deliverAll();

    const caps = room.counted.filter(([name]) => name === 'CapReached');
    expect(room.acknowledgements).toHaveLength(mailSettings.mail.caps.perAddressDay);
    expect(caps).toHaveLength(3 - mailSettings.mail.caps.perAddressDay);
  });

  test.each([
    ['SES will never take', 'MessageRejected', 1],
    ['is tried again', 'Throttling', 0],
  ])('LetterFailed: a letter that %s counts so', async (_what, name, expected) => {
    const room = new MailRoom({
      send: () => {
        throw Object.assign(new Error('no'), { name });
      },
    });
    await room.take(rawMail({}));
    room.counted.length = 0;

    await room.deliverAll().catch((error: Error) => expect(error.name).toBe('DeliveryIncomplete'));

    const failed = room.counted.filter(([each]) => each === 'LetterFailed');
    expect(failed.length > 0).toBe(expected > 0);
  });

  test.each([
    ['Bounce', 'Permanent', 1],
    ['Bounce', 'Transient', 0],
    ['Complaint', '', 1],
    ['Delivery', '', 0],
  ] as const)('LetterFailed: %s %s of SES counts %i, once', async (eventType, bounceType, expected) => {
    const room = new MailRoom();
    await room.take(rawMail({}));
    await room.deliverAll();
    const [event] = await lettersOf(room);
    const { counted, measure } = recorder();
    const observe = observeLetters({
      store: room.store,
      clock: room.clock,
      commit: commitCommand(room),
      log: () => undefined,
      measure,
    });

    const told = tellingOf(event, eventType, bounceType);
    await observe([{ id: 'm-1', news: told }]);
    await observe([{ id: 'm-2', news: told }]);

    expect(counted).toEqual(expected ? [['LetterFailed', 1]] : []);
  });
});

async function lettersOf(room: MailRoom): Promise<readonly StoredEvent[]> {
  const [disclosure] = await room.store.listed('open');
  return (await room.store.events(`DISC#${disclosure}`)).filter(({ letters }) => letters.length > 0);
}

/** What SES tells of an event's first letter, as far as it is read. */
function tellingOf(event: StoredEvent | undefined, eventType: string, bounceType: string): SesSendingEvent {
  if (!event) throw new Error('no letter was sent');
  const outbox = [outboxTag(event.partition, event.cause, 'L0')];
  const mail = { messageId: 'ses-1', tags: { outbox } };
  return { eventType, mail, bounce: { bounceType } } as unknown as SesSendingEvent;
}

describe('TwoHourOverrun', () => {
  const id = 'EDX-2026-0001';
  const maintainer = { kind: 'maintainer', person: 'p-mary' } as const;

  /** A disclosure whose fix is public on one branch, and nothing else done. */
  async function exposed(): Promise<TestDesk> {
    const desk = new TestDesk();
    desk.go('2026-03-02 08:00');
    await desk.rota(['p-ann', '2026-03-02 09:00', '2026-04-09 09:00']);
    await desk.notified('2026-03-02 10:00', id, 'high');
    await desk.command(id, {
      name: 'record-advisory',
      repository: 'openedx/lms',
      advisory: { ghsa: 'GHSA-2222-2222-2222', url: 'https://github.example/a', state: 'draft' },
    });
    const entry = (await desk.store.disclosure(id))?.entries[0];
    await desk.command(
      id,
      {
        name: 'record-merge',
        repository: 'openedx/lms',
        branch: entry?.branches[0]?.name ?? '',
        url: 'https://github.example/openedx/lms/commit/1',
        at: desk.clock.now(),
      },
      { ...maintainer, person: entry?.maintainer?.people[0] ?? maintainer.person },
    );
    return desk;
  }

  test('R17: counted by the schedule, once, and not again by the sweep', async () => {
    const desk = await exposed();
    const { counted, measure } = recorder();
    const due = plus(desk.clock.now(), 2 * hour);
    desk.go('2026-03-02 12:00');
    const deps = { ...desk, log: () => undefined, measure };
    const fire = releaseDeadline({ ...deps, pause: async () => undefined });

    await fire({ disclosure: id, name: 'two-hours-fix-exposed', at: due });
    await fire({ disclosure: id, name: 'two-hours-fix-exposed', at: due });
    await remindMaintainers(deps)({});

    expect(counted).toEqual([['TwoHourOverrun', 1]]);
  });

  test('R17: counted by the sweep where the schedule never fired; other deadlines count nothing', async () => {
    const desk = await exposed();
    const { counted, measure } = recorder();
    const sweep = remindMaintainers({ ...desk, log: () => undefined, measure });

    desk.go('2026-03-02 11:45');
    await sweep({});
    const before = [...counted];
    desk.go('2026-03-02 12:00');
    await sweep({});

    expect(before).toEqual([]);
    expect(counted).toEqual([['TwoHourOverrun', 1]]);
    expect(at('2026-03-02 12:00')).toBe(desk.clock.now());
  });
});

describe('HandedOff', () => {
  const input = { disclosure: reference, generation: 1, correlation: 'mail-1', repository };

  test('an advisory that no GitHub App can open, once', async () => {
    const world = await deskWorld();
    await world.open();
    await world.triage();
    const { counted, measure } = recorder();
    const commit = commitCommand({ ...world, settings, measure });
    const open = openAdvisories({ ...world, commit, github: undefined });

    await open(input);
    await open(input);

    expect(counted).toEqual([['HandedOff', 1]]);
  });

  test('an advisory for which GitHub did not answer for hours', async () => {
    const world = await deskWorld();
    await world.open();
    await world.triage();
    const { counted, measure } = recorder();

    await handOffAdvisory({ commit: commitCommand({ ...world, settings, measure }) })(input);

    expect(counted).toEqual([['HandedOff', 1]]);
  });
});

describe('every metric', () => {
  const functions = resolve(import.meta.dirname, '../../functions');
  const sources = readdirSync(functions, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && file !== 'contracts/metrics.ts')
    .map((file) => [file, readFileSync(join(functions, file), 'utf8')] as const);

  test.each(metrics)('%s is counted somewhere', (name) => {
    const counting = sources.filter(([, source]) => source.includes(`'${name}'`));

    expect(counting.map(([file]) => file)).not.toEqual([]);
  });

  test('whoever may count is given the real counter by its handler', () => {
    const folders = ['receive-mail', 'deliver', 'observe-letters', 'run-errands', 'open-advisories'];
    const more = ['hand-off-advisory', 'notify-maintainers', 'release-deadline', 'remind-maintainers'];

    for (const folder of [...folders, ...more, 'reconcile'])
      expect(readFileSync(join(functions, folder, 'handler.ts'), 'utf8')).toContain(
        'measure: createMeasures()',
      );
  });
});
