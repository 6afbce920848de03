import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Command, CommandName } from '#domain/commands.ts';
import { decide } from '#domain/decide.ts';
import { Refused } from '#domain/errors.ts';
import { day, hour, plus } from '#domain/instant.ts';
import { reached, stages, transitions } from '#domain/lifecycle.ts';
import { permissions } from '#domain/permissions.ts';
import {
  accept,
  Case,
  deskActor,
  discourseActor,
  githubActor,
  maintainer,
  member,
  otherMember,
  reporter,
  secondMaintainer,
  situation,
  t0,
  textRef,
} from '../support/desk-situation.ts';

const advisory = { ghsa: 'GHSA-aaaa-bbbb-0001', url: 'https://github.test/GHSA-1', state: 'draft' } as const;

const refusal = (act: () => unknown): Refused => {
  try {
    act();
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
  throw new Error('it was not refused');
};

describe('triage', () => {
  test('R2: accepting records verify, repositories and score with actor and time', () => {
    const it = new Case();

    it.do(member, accept('openedx/one'));

    expect(it.disclosure.stage).toBe('triaged');
    for (const step of ['verify', 'identify-repositories', 'score'] as const)
      expect(it.disclosure.steps[step]).toEqual({ by: 'member:p-member', at: t0 });
  });

  test('R4: the score is computed from the vector, and a malformed vector is refused at its field', () => {
    const it = new Case();

    const refused = refusal(() =>
      it.do(member, { ...accept('openedx/one'), vector: 'CVSS:3.1/AV:N' } as Command),
    );
    it.do(member, accept('openedx/one'));

    expect(refused).toMatchObject({ rule: 'R4', field: 'vector' });
    expect(it.disclosure.entries[0]?.severity).toMatchObject({ score: 7.5, rating: 'high', by: 'triage' });
  });

  test('R3: an operator-specific report is forwarded, and no advisory is opened for it', () => {
    const it = new Case();

    it.do(member, {
      name: 'forward',
      ends: true,
      operator: {
        operator: 'p-operator',
        instance: 'Example University',
        text: textRef('forward'),
        reportKey: 'mail/2026/03/mail-1',
        withAttachments: false,
      },
    });

    expect(it.disclosure.exit?.kind).toBe('forwarded');
    expect(it.letters).toContain('operator-forward → p-operator');
    expect(it.disclosure.entries).toEqual([]);
    expect(it.disclosure.steps.forward).toBeDefined();
  });

  test('a report that concerns platform and operator does both', () => {
    const it = new Case();

    it.do(member, {
      ...(accept('openedx/one') as Extract<Command, { name: 'accept' }>),
      operator: {
        operator: 'p-operator',
        instance: 'Example University',
        text: textRef('forward'),
        reportKey: 'k',
        withAttachments: true,
      },
    });

    expect(it.disclosure.stage).toBe('triaged');
    expect(it.letters).toContain('operator-forward → p-operator');
  });

  test('a forward waits for another member where configured, and the same member cannot confirm it', () => {
    const it = new Case({ forwardNeedsTwo: true });
    const forward: Command = {
      name: 'forward',
      ends: true,
      operator: {
        operator: 'p-operator',
        instance: 'Example University',
        text: textRef('forward'),
        reportKey: 'k',
        withAttachments: false,
      },
    };

    it.do(member, forward);
    expect(it.disclosure.exit).toBeUndefined();
    expect(it.letters).toEqual(['confirm-act → working-group']);
    expect(Object.values(it.disclosure.pending ?? {})).toMatchObject([{ by: 'p-member', command: forward }]);
    it.do(member, forward);
    expect(it.disclosure.exit).toBeUndefined();
    it.do(otherMember, forward);

    expect(it.disclosure.exit?.kind).toBe('forwarded');
    expect(it.last.data.confirmedFor).toBe('p-member');
    expect(it.disclosure.pending).toBeUndefined();
  });

  test('A3: a duplicate closes with a link, and its reporters are handed to the original', () => {
    const it = new Case();

    it.do(member, { name: 'mark-duplicate', of: 'EDX-2025-0009' });

    expect(it.disclosure.exit).toMatchObject({ kind: 'duplicate', duplicateOf: 'EDX-2025-0009' });
    expect(it.last.signals).toContainEqual({ kind: 'hand-reporters', to: 'EDX-2025-0009' });
    expect(it.letters).toContain('reporter-outcome → p-reporter');
  });

  test.each([
    ['duplicate', { name: 'mark-duplicate', of: 'EDX-2025-0009', reply: textRef('words') }],
    ['closed', { name: 'close', reason: 'already-fixed', reply: textRef('words') }],
  ] as const)('%s: its reporter gets one letter, with a member’s words in it', (outcome, command) => {
    const it = new Case();

    it.do(member, command);

    const letters = it.last.letters.filter(({ to }) => 'person' in to && to.person === 'p-reporter');
    expect(letters).toMatchObject([
      { template: 'reporter-outcome', params: { outcome, text: textRef('words') } },
    ]);
    expect(it.disclosure.response.answeredAt).toBe(it.now);
  });

  test('a notice says that a disclosure is on hold, or has ended', () => {
    const it = new Case();

    it.do(member, { name: 'ask-information', reply: textRef('which release?') });
    const [held] = it.last.letters.filter(({ template }) => template === 'act-notice');
    it.do(member, { name: 'mark-spam' });
    const [ended] = it.last.letters.filter(({ template }) => template === 'act-notice');

    expect(held?.params).toMatchObject({ stage: 'received', hold: 'needs-information' });
    expect(ended?.params).toMatchObject({ stage: 'received', exit: 'spam' });
  });

  test('A3: a reopened report starts a new execution where it stood', () => {
    const it = new Case();
    it.do(member, { name: 'mark-invalid', reply: textRef('invalid') });
    it.wait(31 * day).do(deskActor, { name: 'pass-deadline' });
    expect(it.disclosure.exit?.kind).toBe('invalid');

    it.do(deskActor, { name: 'reopen', reason: 'the reporter answered' });

    expect(it.disclosure).toMatchObject({ stage: 'received', generation: 2, exit: undefined });
    expect(it.last.signals).toContainEqual({ kind: 'start-execution', generation: 2 });
  });

  test('A4: needs-information holds 30 days, nudges once, then ends as incomplete', () => {
    const it = new Case();
    it.do(member, { name: 'ask-information', reply: textRef('question') });

    it.wait(15 * day).do(deskActor, { name: 'pass-deadline' });
    expect(it.letters).toContain('information-nudge → p-reporter');
    it.do(deskActor, { name: 'pass-deadline' });
    expect(it.letters).toEqual([]);
    it.wait(15 * day).do(deskActor, { name: 'pass-deadline' });

    expect(it.disclosure.exit?.kind).toBe('incomplete');
  });

  test('A4: an authenticated answer of the reporter lifts the hold; any other mail does not', () => {
    const it = new Case();
    it.do(member, { name: 'ask-information', reply: textRef('question') });

    it.do(deskActor, { name: 'attach-mail', mailKey: 'm2', from: 'p-reporter', authenticated: false });
    expect(it.disclosure.hold?.kind).toBe('needs-information');
    it.do(deskActor, { name: 'attach-mail', mailKey: 'm3', from: 'p-reporter', authenticated: true });

    expect(it.disclosure.hold).toBeUndefined();
    expect(it.letters).toContain('follow-up → p-member');
  });

  test('V8: invalid is a hold before it is an exit; a deferral gives back the stage it had', () => {
    const it = new Case().advised();
    it.do(member, { name: 'defer', until: plus(it.now, 10 * day), reason: 'upstream first' });
    expect(
      refusal(() => it.do(maintainer, { name: 'propose-release', at: plus(it.now, 5 * day) })).rule,
    ).toBe('V8');

    it.wait(10 * day).do(deskActor, { name: 'pass-deadline' });

    expect(it.disclosure).toMatchObject({ hold: undefined, stage: 'advised' });
  });

  test('A1: the first human answer ends the promise; half and missed are told once each', () => {
    const it = new Case();

    it.now = it.disclosure.response.halfAt;
    it.do(deskActor, { name: 'pass-deadline' });
    expect(it.last.letters[0]).toMatchObject({ template: 'escalation', params: { about: 'response-half' } });
    it.now = it.disclosure.response.dueAt;
    it.do(deskActor, { name: 'pass-deadline' });
    expect(it.last.letters[0]).toMatchObject({
      params: { about: 'response-missed' },
      to: { group: 'working-group' },
    });
    it.do(member, { name: 'reply-to-reporter', text: textRef('hello') });

    expect(it.disclosure.response.answeredAt).toBe(it.now);
    expect(it.last.due).toBeUndefined();
  });

  test('spam gets no answer, which would confirm the address', () => {
    const it = new Case();

    it.do(member, { name: 'mark-spam' });

    expect(it.letters.filter((letter) => letter.includes('p-reporter'))).toEqual([]);
  });

  test('R19, R27: advice and scoring are answered, with the score on the record', () => {
    const it = new Case();

    it.do(member, {
      name: 'answer',
      about: 'scoring',
      reply: textRef('score'),
      vector: 'CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N',
    });

    expect(it.disclosure.exit?.kind).toBe('answered');
    expect(it.last.data).toMatchObject({ about: 'scoring', score: 1.8 });
    expect(it.letters).toContain('answer-to-reporter → p-reporter');
  });
});

describe('advising', () => {
  test('R5, R6: every repository gets its advisory, every maintainer number and rating; then it is advised', () => {
    const it = new Case().advised('openedx/one', 'openedx/two');

    expect(it.disclosure.stage).toBe('advised');
    const notifications = it.decisions.flatMap(({ letters }) =>
      letters.filter(({ template }) => template === 'maintainer-notification'),
    );
    expect(notifications).toHaveLength(2);
    for (const { params } of notifications) expect(params).toMatchObject({ score: 7.5, rating: 'high' });
    expect(it.disclosure.facts.map(({ kind }) => kind)).toEqual(['vendor-aware']);
  });

  test('R5: what GitHub refuses is handed to a person and keeps the stage until it is done', () => {
    const it = new Case();
    it.do(member, accept('openedx/one'));

    it.do(deskActor, { name: 'hand-off-advisory', repository: 'openedx/one', why: '403' });
    expect(it.letters).toEqual(['hand-off → p-member']);
    it.do(deskActor, {
      name: 'notify-maintainer',
      repository: 'openedx/one',
      maintainer: { id: 'owners:p-maintainer', people: ['p-maintainer'], source: 'contacts' },
    });
    expect(it.disclosure.stage).toBe('triaged');
    it.do(member, {
      name: 'record-advisory',
      repository: 'openedx/one',
      advisory: { ghsa: 'GHSA-aaaa-bbbb-cccc', url: 'https://github.test/a', state: 'draft' },
    });

    expect(it.disclosure.stage).toBe('advised');
  });

  test('R7: the maintainer’s severity wins at once; the on-duty member is asked, which never blocks', () => {
    const it = new Case().advised();

    it.do(maintainer, {
      name: 'adjudicate',
      repository: 'openedx/one',
      severity: { rating: 'low', vector: 'CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N' },
    });

    const [entry] = it.disclosure.entries;
    expect(entry?.severity).toMatchObject({
      rating: 'low',
      score: 1.8,
      by: 'maintainer',
      commentAsked: true,
    });
    expect(it.letters).toContain('comment-asked → p-member');
    expect(it.last.signals).toContainEqual({
      kind: 'update-advisory',
      repository: 'openedx/one',
      what: 'severity',
    });
    expect(it.last.data).toMatchObject({ before: { rating: 'high' }, after: { rating: 'low' } });
    it.do(member, { name: 'comment-severity', repository: 'openedx/one', comment: null });
    expect(it.disclosure.entries[0]?.severity.commentAsked).toBeUndefined();
  });

  test('R7: no member adjudicates, whatever the reason', () => {
    const it = new Case().advised();

    const refused = refusal(() =>
      it.do(member, { name: 'adjudicate', repository: 'openedx/one', severity: { rating: 'low' } }),
    );

    expect(refused.message).toContain('As member you may not');
  });

  test('R7: a label without a vector keeps the label and invents no vector', () => {
    const it = new Case().advised();

    it.do(maintainer, { name: 'adjudicate', repository: 'openedx/one', severity: { rating: 'critical' } });

    const severity = it.disclosure.entries[0]?.severity;
    expect(severity?.rating).toBe('critical');
    expect(severity?.vector).toBeUndefined();
    expect(severity?.score).toBeUndefined();
  });

  test('a severity changed in GitHub’s UI is adopted provisionally, and the maintainer is asked who made it', () => {
    const it = new Case().advised();

    it.do(githubActor, { name: 'adopt-severity', repository: 'openedx/one', severity: { rating: 'low' } });

    expect(it.disclosure.entries[0]?.severity).toMatchObject({
      rating: 'low',
      by: 'github',
      provisional: true,
    });
    expect(it.letters).toContain('severity-changed-on-github → p-maintainer');
  });

  test('R8: a change of severity moves the reminder clock from one frequency to the other', () => {
    const it = new Case().advised();

    it.do(maintainer, { name: 'adjudicate', repository: 'openedx/one', severity: { rating: 'critical' } });

    expect(it.last.reminders).toContainEqual({
      op: 'change',
      repository: 'openedx/one',
      maintainer: 'owners:p-maintainer',
      from: 'monthly',
      to: 'weekly',
      at: t0,
    });
  });

  test('a score of 0.0 asks maintainer and member to close, and keeps reminding', () => {
    const it = new Case().advised();

    it.do(maintainer, {
      name: 'adjudicate',
      repository: 'openedx/one',
      severity: { rating: 'none', vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N' },
    });

    expect(it.letters).toContain('severity-zero → p-maintainer');
    expect(it.last.reminders).toContainEqual(
      expect.objectContaining({ op: 'change', from: 'monthly', to: 'monthly' }),
    );
  });

  test('R29: a delegate may do what the maintainer may, and is named in the record', () => {
    const it = new Case().advised();
    const delegate = { kind: 'maintainer', person: 'p-delegate' } as const;
    expect(refusal(() => it.do(delegate, { name: 'ask-help', repository: 'openedx/one' }))).toBeInstanceOf(
      Refused,
    );

    it.do(maintainer, {
      name: 'name-delegate',
      repository: 'openedx/one',
      delegate: 'p-delegate',
      forGood: false,
    });
    it.do(delegate, { name: 'ask-help', repository: 'openedx/one' });

    expect(it.letters).toContain('escalation → p-member');
    expect(it.decisions.at(-2)?.data).toMatchObject({ delegate: 'p-delegate' });
  });

  test('R13: an accidental public pull request ends nothing by itself; the group decides', () => {
    const it = new Case().advised();

    it.do(maintainer, {
      name: 'report-public-pull-request',
      repository: 'openedx/one',
      url: 'https://github.test/pull/1',
    });
    expect(it.disclosure.embargo.ended).toBeUndefined();
    expect(it.last.letters[0]).toMatchObject({
      to: { group: 'working-group' },
      params: { about: 'public-pull-request' },
    });
    it.do(member, {
      name: 'decide-public-pull-request',
      repository: 'openedx/one',
      decision: 'end-embargo',
      reason: 'indexed',
    });

    expect(it.disclosure.embargo.ended?.by).toBe('early-public');
  });

  test('reassignment sends the machine back to notify, and stops the old clock', () => {
    const it = new Case().advised();

    it.do(member, {
      name: 'name-maintainer',
      repository: 'openedx/one',
      maintainer: { id: 'owners:p-new', people: ['p-new'], source: 'member' },
      reason: 'moved on',
    });

    expect(it.last.reminders).toContainEqual(
      expect.objectContaining({ op: 'stop', maintainer: 'owners:p-maintainer' }),
    );
    expect(it.last.signals).toContainEqual({ kind: 'advance' });
  });

  test('V9: reminders stop on resolution alone', () => {
    const it = new Case().merged();
    expect(it.decisions.flatMap(({ reminders }) => reminders.filter(({ op }) => op === 'stop'))).toEqual([]);

    it.do(githubActor, { name: 'see-advisory', repository: 'openedx/one', state: 'published' });

    expect(it.last.reminders).toContainEqual(expect.objectContaining({ op: 'stop' }));
  });

  test('closing every entry closes the disclosure with that reason', () => {
    const it = new Case().advised('openedx/one', 'openedx/two');

    it.do(maintainer, { name: 'close-entry', repository: 'openedx/one', reason: 'not-affected' });
    expect(it.disclosure.exit).toBeUndefined();
    it.do(secondMaintainer, { name: 'close-entry', repository: 'openedx/two', reason: 'already-fixed' });

    expect(it.disclosure.exit).toMatchObject({ kind: 'closed', reason: 'already-fixed' });
  });
});

describe('release', () => {
  test('R15: less than 48 hours ahead is refused, exactly 48 hours passes', () => {
    const it = new Case().advised();

    const refused = refusal(() =>
      it.do(maintainer, { name: 'propose-release', at: plus(it.now, 48 * hour - 1) }),
    );
    it.do(maintainer, { name: 'propose-release', at: plus(it.now, 48 * hour) });

    expect(refused).toMatchObject({ rule: 'R15', field: 'at' });
    expect(it.disclosure.release?.confirmedAt).toBe(it.now);
    expect(it.letters).toContain('announce-now → p-maintainer');
  });

  test('R6: who stands in for an unresolved maintainer is told why they get it', () => {
    const it = new Case();
    it.do(member, accept('openedx/one'));
    it.do(deskActor, { name: 'record-advisory', repository: 'openedx/one', advisory });

    it.do(deskActor, {
      name: 'notify-maintainer',
      repository: 'openedx/one',
      maintainer: { id: 'working-group', people: [], source: 'unresolved' },
    });

    const [told] = it.last.letters.filter(({ template }) => template === 'maintainer-notification');
    expect(told).toMatchObject({
      to: { group: 'working-group' },
      params: { why: expect.stringContaining('nobody is recorded as its maintainer') },
    });
  });

  test('R15: the instant that a refusal names would not be refused', () => {
    const it = new Case().advised().wait(1);

    const { remedy } = refusal(() =>
      it.do(maintainer, { name: 'propose-release', at: plus(it.now, 47 * hour) }),
    );
    const named = /Choose (\d{4}-\d\d-\d\d) (\d\d:\d\d) UTC or later/.exec(remedy) ?? [];
    it.do(maintainer, { name: 'propose-release', at: `${named[1]}T${named[2]}:00.000Z` });

    expect(it.disclosure.release?.at).toBe(`${named[1]}T${named[2]}:00.000Z`);
  });

  test('with several maintainers all confirm; a member may with a reason', () => {
    const it = new Case().advised('openedx/one', 'openedx/two');
    const at = plus(it.now, 3 * day);

    it.do(maintainer, { name: 'propose-release', at });
    expect(it.disclosure.release?.confirmedAt).toBeUndefined();
    expect(it.letters).toContain('release-proposed → p-second');
    expect(refusal(() => it.do(member, { name: 'confirm-release', at })).field).toBe('reason');
    it.do(member, { name: 'confirm-release', at, reason: 'second is on leave' });

    expect(it.disclosure.release?.confirmedAt).toBe(it.now);
  });

  test('R14: a visible announcement makes it announced', () => {
    const it = new Case().announced();

    expect(it.disclosure.stage).toBe('announced');
    expect(it.last.signals).toContainEqual({ kind: 'advance' });
  });

  test('R15: visible too late for T → the desk proposes visible + 48 h on the next Monday to Thursday', () => {
    const it = new Case().advised();
    const at = plus(it.now, 49 * hour);
    it.do(maintainer, { name: 'propose-release', at });

    it.wait(8 * hour).do(discourseActor, {
      name: 'see-announcement',
      url: 'https://forum.test/t/1',
      topic: 1,
      visibleAt: it.now,
      established: 'linked',
    });

    expect(it.disclosure.release).toMatchObject({
      at: plus(it.now, 48 * hour),
      proposedBy: 'desk',
      confirmedBy: [],
    });
    expect(it.letters).toContain('announcement-late → p-maintainer');
  });

  test('V4, V5: the first public merge ends the embargo for the whole disclosure; siblings become urgent', () => {
    const it = new Case().announced('openedx/one', 'openedx/two');
    it.now = it.disclosure.release?.at ?? it.now;

    it.do(maintainer, {
      name: 'record-merge',
      repository: 'openedx/one',
      branch: 'master',
      url: 'https://github.test/c/1',
    });

    expect(it.disclosure.embargo.ended).toEqual({ at: it.now, by: 'fix-public' });
    expect(it.disclosure.stage).toBe('announced');
    expect(it.letters).toContain('fix-is-public → p-second');
  });

  test('R16, R17: merged with the last required branch, and then the two hours run', () => {
    const it = new Case().announced('openedx/two');
    it.now = it.disclosure.release?.at ?? it.now;
    const merge = (branch: string, url: string): void => {
      it.do(maintainer, { name: 'record-merge', repository: 'openedx/two', branch, url });
    };

    merge('master', 'https://github.test/c/1');
    const first = it.now;
    it.wait(hour);
    merge('release/verawood', 'https://github.test/c/2');

    expect(it.disclosure).toMatchObject({ stage: 'merged', mergedAt: it.now });
    expect(it.letters).toContain('publish-now → p-maintainer');
    // The fix is exposed from the first merge: that alert comes first.
    expect(it.last.due).toBe(plus(first, 2 * hour));
  });

  test('R16: a merge before 48 hours is a violation, an early one after them a warning', () => {
    const violation = new Case().announced();
    violation.wait(hour).do(maintainer, {
      name: 'record-merge',
      repository: 'openedx/one',
      branch: 'master',
      url: 'https://github.test/c/1',
    });
    const warning = new Case().announced();
    warning.wait(50 * hour).do(maintainer, {
      name: 'record-merge',
      repository: 'openedx/one',
      branch: 'master',
      url: 'https://github.test/c/1',
    });

    expect(violation.last.data.violation).toBe('R15');
    expect(warning.last.data.warning).toBe('R16');
  });

  test('R17: overdue after two hours goes to the group; nothing is published by the desk', () => {
    const it = new Case().merged();

    it.wait(2 * hour).do(deskActor, { name: 'pass-deadline' });

    expect(it.last.letters[0]).toMatchObject({ template: 'escalation', to: { group: 'working-group' } });
    expect(it.last.signals).toEqual([]);
  });

  test('publishing is the maintainer’s command, and needs a second person where configured', () => {
    const it = new Case({ publishNeedsTwo: true }).merged();
    const publish: Command = { name: 'command-publication', repository: 'openedx/one' };

    expect(refusal(() => it.do(member, { ...publish, reason: 'faster' })).message).toContain(
      'Only the maintainer',
    );
    it.do(maintainer, publish);
    expect(it.last.signals).toEqual([]);
    it.do(maintainer, {
      name: 'name-delegate',
      repository: 'openedx/one',
      delegate: 'p-delegate',
      forGood: false,
    });
    it.do({ kind: 'maintainer', person: 'p-delegate' }, publish);

    expect(it.last.signals).toContainEqual({ kind: 'publish-advisory', repository: 'openedx/one' });
  });

  test('A5: only on the early-public path two members publish, after four hours, with a reason', () => {
    const it = new Case().advised();
    it.do(member, { name: 'go-public-early', reason: 'exploited in the wild' });
    expect(it.letters).toContain('embargo-over → p-maintainer');
    const publish: Command = {
      name: 'command-publication',
      repository: 'openedx/one',
      reason: 'no maintainer answers',
    };

    expect(refusal(() => it.do(member, publish)).rule).toBe('R17');
    it.wait(4 * hour).do(member, publish);
    expect(it.last.signals).toEqual([]);
    it.do(otherMember, publish);

    expect(it.last.data.deviation).toBe('published by two members');
    expect(it.last.signals).toContainEqual({ kind: 'publish-advisory', repository: 'openedx/one' });
  });

  test('A5: on the early-public path the 48 hours are skipped', () => {
    const it = new Case().advised();
    it.do(member, { name: 'go-public-early', reason: 'exploit is public' });

    it.do(maintainer, { name: 'propose-release', at: plus(it.now, hour) });

    expect(it.disclosure.release?.confirmedAt).toBe(it.now);
  });

  test('R17, R18: published when every advisory is and the reply is visible; reporters are thanked (A6)', () => {
    const it = new Case().merged();
    it.do(reporter, { name: 'choose-credit', credit: { choice: 'name', as: 'Ada Lovelace' } });

    it.do(githubActor, { name: 'see-advisory', repository: 'openedx/one', state: 'published' });
    expect(it.disclosure.stage).toBe('merged');
    it.do(discourseActor, { name: 'see-reply', url: 'https://forum.test/t/1/2', visibleAt: it.now });

    expect(it.disclosure.stage).toBe('published');
    expect(it.last.letters).toContainEqual(
      expect.objectContaining({
        template: 'reporter-published',
        params: expect.objectContaining({ credit: 'set' }),
      }),
    );
    expect(it.last.signals).toContainEqual({ kind: 'advance' });
  });

  test('A6: a name is handed to a person at once, a login is an errand; before there is an advisory, neither', () => {
    const it = new Case();
    it.do(member, accept('openedx/one'));
    it.do(reporter, { name: 'choose-credit', credit: { choice: 'name', as: 'Ada Lovelace' } });
    expect([it.last.letters, it.last.signals]).toEqual([[], []]);

    it.do(deskActor, { name: 'record-advisory', repository: 'openedx/one', advisory });
    const byHand = it.last;
    it.do(reporter, { name: 'choose-credit', credit: { choice: 'login', as: 'ada' } });

    expect(byHand.letters).toMatchObject([
      { template: 'hand-off', params: { what: 'set-credit', url: advisory.url } },
    ]);
    expect(JSON.stringify(byHand.letters)).not.toContain('Lovelace');
    expect(byHand.signals).toEqual([]);
    expect(it.last.signals).toEqual([{ kind: 'update-advisory', repository: 'openedx/one', what: 'credit' }]);
  });

  test('a task of the machine goes on by what it returns: only a wait that is over is told', () => {
    const it = new Case();

    it.do(member, accept('openedx/one'));
    expect(it.last.signals).toEqual([{ kind: 'advance' }]);
    it.do(deskActor, { name: 'record-advisory', repository: 'openedx/one', advisory });

    expect(it.last.signals).toEqual([]);
  });

  test('a claimed merge asks people and concludes nothing', () => {
    const it = new Case().announced();

    it.do(githubActor, { name: 'claim-merge', repository: 'openedx/one', branch: 'master', sha: 'abc' });

    expect(it.disclosure.embargo.ended).toBeUndefined();
    expect(it.disclosure.entries[0]?.branches[0]).toMatchObject({ claimed: { sha: 'abc' } });
    expect(it.last.letters.every(({ params }) => 'about' in params && params.about === 'merge-claimed')).toBe(
      true,
    );
  });
});

describe('facts and the embargo', () => {
  test.each(['flaw-public', 'exploit-public'] as const)(
    'V2: %s ends the embargo from every stage',
    (fact) => {
      const carried = [new Case(), new Case().advised(), new Case().announced()];

      for (const it of carried) it.do(member, { name: 'record-fact', fact, reason: 'seen' });

      for (const it of carried) {
        expect(it.disclosure.embargo.ended?.at).toBe(it.now);
        expect(it.disclosure.facts.some(({ kind }) => kind === 'flaw-public')).toBe(true);
      }
    },
  );

  test('V1, V5: a retracted fact stays in the list, and the embargo that it ended stays ended', () => {
    const it = new Case().advised();
    it.do(member, { name: 'record-fact', fact: 'flaw-public', reason: 'a blog' });

    it.do(member, { name: 'retract-fact', fact: 'flaw-public', reason: 'another flaw' });

    expect(it.disclosure.facts.find(({ kind }) => kind === 'flaw-public')?.retractedAt).toBe(it.now);
    expect(it.disclosure.embargo.ended).toBeDefined();
  });

  test('V3: attacks seen asks the group urgently and ends nothing silently', () => {
    const it = new Case().advised();

    it.do(member, { name: 'record-fact', fact: 'attacks-seen', reason: 'logs' });

    expect(it.disclosure.embargo.ended).toBeUndefined();
    expect(it.last.letters[0]).toMatchObject({
      to: { group: 'working-group' },
      params: { about: 'attacks-seen' },
    });
  });

  test('A2: the cap is 90 days from triage; it asks 14 days before and at expiry, and never publishes', () => {
    const it = new Case().advised();
    expect(it.disclosure.embargo.cap).toBe(plus(t0, 90 * day));

    it.wait(76 * day).do(deskActor, { name: 'pass-deadline' });
    expect(it.last.letters[0]).toMatchObject({ params: { about: 'embargo-cap-near' } });
    it.wait(14 * day).do(deskActor, { name: 'pass-deadline' });

    expect(it.last.letters[0]).toMatchObject({ params: { about: 'embargo-cap-reached' } });
    expect(it.disclosure.embargo.ended).toBeUndefined();
  });

  test('V6: one embargo, renewed by an explicit decision, never begun again after it ended', () => {
    const it = new Case().advised();
    expect(
      refusal(() => it.do(member, { name: 'renew-embargo', until: plus(it.now, 91 * day), reason: 'hard' }))
        .rule,
    ).toBe('A2');
    it.do(member, { name: 'renew-embargo', until: plus(it.now, 90 * day), reason: 'hard' });
    it.do(member, { name: 'record-fact', fact: 'flaw-public', reason: 'a blog' });

    expect(
      refusal(() => it.do(member, { name: 'renew-embargo', until: plus(it.now, day), reason: 'please' }))
        .rule,
    ).toBe('V6');
  });

  test('V7: closing or deferring never ends an embargo', () => {
    const closed = new Case().advised();
    closed.do(member, { name: 'close', reason: 'wont-fix' });
    const deferred = new Case().advised();
    deferred.do(member, { name: 'defer', until: plus(deferred.now, day), reason: 'later' });

    expect(closed.disclosure.embargo.ended).toBeUndefined();
    expect(deferred.disclosure.embargo.ended).toBeUndefined();
  });
});

describe('the table', () => {
  test('V10: every command has its row and its permission, and no row has no command', () => {
    expect(transitions.map(({ command }) => command).sort()).toEqual(Object.keys(permissions).sort());
  });

  test('a stage never goes back', () => {
    for (const { from, to } of transitions)
      for (const target of to)
        expect(
          from.some((stage) => reached(target, stage)),
          `${from} → ${target}`,
        ).toBe(true);
  });

  test('V10: whatever is commanded, by whom and when, leaves one stage of the six and never an earlier one', () => {
    const at = (base: string, hours: number) => plus(base, hours * hour);
    const commands = (now: string): readonly Command[] => [
      accept('openedx/one'),
      { name: 'mark-invalid', reply: textRef('r') },
      { name: 'ask-information', reply: textRef('r') },
      { name: 'resume' },
      { name: 'defer', until: at(now, 5), reason: 'r' },
      {
        name: 'record-advisory',
        repository: 'openedx/one',
        advisory: { ghsa: 'GHSA-1', url: 'https://g.test/1', state: 'draft' },
      },
      { name: 'hand-off-advisory', repository: 'openedx/one', why: '403' },
      {
        name: 'notify-maintainer',
        repository: 'openedx/one',
        maintainer: { id: 'owners:p-maintainer', people: ['p-maintainer'], source: 'contacts' },
      },
      { name: 'adjudicate', repository: 'openedx/one', severity: { rating: 'low' } },
      { name: 'propose-release', at: at(now, 48) },
      { name: 'see-announcement', url: 'https://f.test/1', topic: 1, visibleAt: now, established: 'linked' },
      { name: 'record-merge', repository: 'openedx/one', branch: 'master', url: 'https://g.test/c' },
      { name: 'command-publication', repository: 'openedx/one', reason: 'r' },
      { name: 'see-advisory', repository: 'openedx/one', state: 'published' },
      { name: 'see-reply', url: 'https://f.test/1/2', visibleAt: now },
      { name: 'record-fact', fact: 'exploit-public', reason: 'r' },
      { name: 'go-public-early', reason: 'r' },
      { name: 'close-entry', repository: 'openedx/one', reason: 'not-affected' },
      { name: 'close', reason: 'withdrawn' },
      { name: 'reopen', reason: 'r' },
      { name: 'pass-deadline' },
    ];
    const actors = [member, otherMember, maintainer, deskActor, githubActor, discourseActor];
    const names = new Set<CommandName>();
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(commands(t0).length - 1), fc.nat(100), fc.nat(60)), {
          maxLength: 40,
        }),
        fc.nat(3),
        (steps, begun) => {
          const it = [new Case(), new Case().advised(), new Case().announced(), new Case().merged()][begun];
          let { disclosure, now } = it ?? new Case();
          for (const [which, who, hours] of steps) {
            now = at(now, hours);
            const command = commands(now)[which];
            if (!command) continue;
            // Mostly somebody who may, now and then anybody: refusals and acts both come up.
            const able = actors.filter(({ kind }) =>
              permissions[command.name].some(
                (may) => may === kind || (kind === 'maintainer' && may.endsWith('entry')),
              ),
            );
            const actor = who % 5 === 0 ? actors[who % actors.length] : able[who % able.length];
            if (!actor) continue;
            const before = structuredClone(disclosure);
            try {
              const decision = decide(disclosure, command, actor, now, situation());
              names.add(command.name);
              expect(disclosure).toEqual(before);
              expect(decision.disclosure.version).toBe(before.version + 1);
              expect(reached(decision.disclosure.stage, before.stage)).toBe(true);
              // V5: an embargo that ended stays ended.
              if (before.embargo.ended)
                expect(decision.disclosure.embargo.ended).toEqual(before.embargo.ended);
              // V1: facts are append-only.
              expect(decision.disclosure.facts.map(({ kind, at: since }) => `${kind}${since}`)).toEqual(
                expect.arrayContaining(before.facts.map(({ kind, at: since }) => `${kind}${since}`)),
              );
              expect(stages).toContain(decision.disclosure.stage);
              disclosure = decision.disclosure;
            } catch (error) {
              if (!(error instanceof Refused)) throw error;
            }
          }
        },
      ),
      { numRuns: 120, seed: 60 },
    );
    expect(names.size).toBeGreaterThan(15);
  });
});

test('R29: a delegate named for good is remembered, and told with the maintainer the next time', () => {
  const it = new Case().advised();

  it.do(maintainer, {
    name: 'name-delegate',
    repository: 'openedx/one',
    delegate: 'p-delegate',
    forGood: true,
  });
  const next = new Case();
  next.do(member, accept('openedx/one'));
  next.do(deskActor, {
    name: 'notify-maintainer',
    repository: 'openedx/one',
    maintainer: { id: 'owners:p-maintainer', people: ['p-maintainer'], source: 'catalog-info' },
    delegates: ['p-delegate'],
  });

  expect(it.last.signals).toContainEqual({
    kind: 'remember-delegate',
    maintainer: 'owners:p-maintainer',
    delegate: 'p-delegate',
  });
  expect(next.letters).toEqual([
    'maintainer-notification → p-maintainer',
    'maintainer-notification → p-delegate',
  ]);
  expect(next.disclosure.entries[0]?.delegates).toEqual(['p-delegate']);
});
