import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Instant, instant, plus } from '#domain/instant.ts';
import {
  capState,
  embargoCap,
  holdSpan,
  membersMayPublish,
  responseState,
  responseTarget,
} from '#domain/response-target.ts';

const at = (text: string): Instant => `${text.replace(' ', 'T')}:00.000Z`;

describe('A1: the first human answer within two business days', () => {
  test.each([
    ['Monday', '2026-03-02 10:00', '2026-03-03 10:00', '2026-03-04 10:00'],
    ['Thursday', '2026-03-05 10:00', '2026-03-06 10:00', '2026-03-09 10:00'],
    ['Friday', '2026-03-06 10:00', '2026-03-09 10:00', '2026-03-10 10:00'],
    ['Saturday', '2026-03-07 10:00', '2026-03-10 00:00', '2026-03-11 00:00'],
    ['Sunday', '2026-03-08 23:59', '2026-03-10 00:00', '2026-03-11 00:00'],
  ])('a mail of a %s', (_day, received, halfAt, dueAt) => {
    expect(responseTarget(at(received), 'UTC', 2)).toEqual({ halfAt: at(halfAt), dueAt: at(dueAt) });
  });

  test('in the desk’s zone, at the same local time over the change of the clock', () => {
    // Friday 6 March 17:00 in New York; Tuesday 17:00 is summer time.
    expect(responseTarget(at('2026-03-06 22:00'), 'America/New_York', 2).dueAt).toBe(at('2026-03-10 21:00'));
  });

  test('another project may promise an odd number of days', () => {
    expect(responseTarget(at('2026-03-02 10:00'), 'UTC', 1)).toEqual({
      halfAt: at('2026-03-02 22:00'),
      dueAt: at('2026-03-03 10:00'),
    });
  });

  test('half lies between the mail and the due instant', () => {
    const anyInstant = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2040, 0, 1) }).map(instant);

    fc.assert(
      fc.property(anyInstant, fc.integer({ min: 1, max: 10 }), (received, days) => {
        const { halfAt, dueAt } = responseTarget(received, 'Europe/Berlin', days);

        expect(received < halfAt && halfAt < dueAt).toBe(true);
      }),
      { seed: 31 },
    );
  });

  test('is shown on the case: warned at half, missed after due, answered in time or late', () => {
    const target = responseTarget(at('2026-03-02 10:00'), 'UTC', 2);
    const state = (now: string, answered?: string) =>
      responseState({ ...target, answeredAt: answered && at(answered) }, at(now));

    expect(state('2026-03-03 09:59')).toBe('open');
    expect(state('2026-03-03 10:00')).toBe('warned');
    expect(state('2026-03-04 10:00')).toBe('warned');
    expect(state('2026-03-04 10:01')).toBe('missed');
    expect(state('2026-03-09 00:00', '2026-03-04 10:00')).toBe('answered');
    expect(state('2026-03-09 00:00', '2026-03-04 10:01')).toBe('answered-late');
  });
});

test('A4: needs-information is held 30 days, with one nudge at half', () => {
  expect(holdSpan(at('2026-03-02 10:00'), 30)).toEqual({
    nudgeAt: at('2026-03-17 10:00'),
    until: at('2026-04-01 10:00'),
  });
});

test('A2: an embargo is capped 90 days from triage, asked about 14 days before and at expiry', () => {
  const cap = embargoCap(at('2026-03-02 10:00'), 90);
  const near = at('2026-05-17 10:00');

  expect(cap).toBe(at('2026-05-31 10:00'));
  expect([plus(near, -1), near, plus(cap, -1), cap].map((now) => capState(cap, 14, now))).toEqual([
    'running',
    'near',
    'near',
    'reached',
  ]);
});

test('A5: two members may publish when no maintainer acted within 4 hours', () => {
  const told = at('2026-03-02 10:00');
  const due = at('2026-03-02 14:00');
  const may = (now: Instant, maintainerActedAt?: Instant) =>
    membersMayPublish({ at: told, maintainerActedAt }, now, 4 * 60 * 60 * 1000);

  expect(may(plus(due, -1))).toBe(false);
  expect(may(due)).toBe(true);
  expect(may(due, at('2026-03-02 11:00'))).toBe(false);
  expect(may(due, at('2026-03-01 11:00'))).toBe(true);
});
