import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { replay, type Scenario } from './cadence-replay.ts';

/** docs/policy.md: the rows of the table under each heading. */
function examples(): Map<string, [string, string][]> {
  const text = readFileSync(new URL('../../docs/policy.md', import.meta.url), 'utf8');
  const [, examples = ''] = text.split(/^## The reminder clock in ten examples$/m);
  const sections = examples.split(/^## /m)[0]?.split(/^### /m).slice(1) ?? [];
  return new Map(
    sections.map((section) => {
      const [heading = '', ...lines] = section.split('\n');
      const rows = lines
        .filter((line) => /^\| \d{4}-/.test(line))
        .map(
          (line) =>
            line
              .split('|')
              .slice(1, 3)
              .map((cell) => cell.trim()) as [string, string],
        );
      return [heading, rows];
    }),
  );
}

const allYear = [{ start: '2025-01-01 00:00', end: '2030-01-01 00:00' }];

const scenarios: Record<string, Scenario> = {
  "1. Batching over a shift's end": {
    shifts: [
      { start: '2026-03-02 09:00', end: '2026-03-09 09:00' },
      { start: '2026-03-09 09:00', end: '2026-03-16 09:00' },
    ],
    until: '2026-04-01 00:00',
    happenings: [
      { at: '2026-02-03 10:00', notify: 'A', rating: 'high' },
      { at: '2026-02-05 10:00', notify: 'B', rating: 'high' },
      { at: '2026-02-10 10:00', notify: 'C', rating: 'high' },
    ],
  },
  '2. Month ends': {
    shifts: allYear,
    until: '2028-04-01 00:00',
    happenings: [
      { at: '2027-12-31 09:00', notify: 'A', rating: 'high' },
      { at: '2027-11-30 09:00', notify: 'B', rating: 'medium' },
    ],
  },
  '3. Daylight saving': {
    zone: 'America/New_York',
    shifts: allYear,
    until: '2026-11-09 00:00',
    happenings: [
      { at: '2026-03-01 07:30', notify: 'A', rating: 'critical' },
      { at: '2026-03-16 12:00', resolve: 'A' },
      { at: '2026-10-25 05:30', notify: 'B', rating: 'critical' },
    ],
  },
  '4. A raise and a lowering of severity': {
    shifts: allYear,
    until: '2026-09-01 00:00',
    happenings: [
      { at: '2026-01-05 10:00', notify: 'A', rating: 'medium' },
      { at: '2026-01-20 12:00', rate: 'A', rating: 'high' },
      { at: '2026-02-20 15:07', rate: 'A', rating: 'critical' },
      { at: '2026-02-21 08:00', rate: 'A', rating: 'low' },
    ],
  },
  '5. Two repositories': {
    shifts: allYear,
    until: '2026-05-01 00:00',
    happenings: [
      { at: '2026-03-02 10:00', notify: 'A', rating: 'critical', maintainer: 'team:openedx/lms' },
      { at: '2026-03-02 10:00', notify: 'B', rating: 'high', maintainer: 'team:openedx/frontend' },
      { at: '2026-03-14 16:00', resolve: 'A' },
    ],
  },
  '6. A group': {
    shifts: allYear,
    until: '2026-06-01 00:00',
    happenings: [
      { at: '2026-03-02 10:00', notify: 'A', rating: 'high' },
      { at: '2026-03-04 10:00', notify: 'B', rating: 'high' },
      { at: '2026-03-04 11:00', notify: 'C', rating: 'medium' },
      { at: '2026-04-20 09:00', reassign: 'B', maintainer: 'group:p-list' },
    ],
  },
  '7. A deferral': {
    shifts: allYear,
    until: '2027-03-01 00:00',
    happenings: [
      { at: '2026-01-15 10:00', notify: 'A', rating: 'medium' },
      { at: '2026-04-01 12:00', defer: 'A', until: '2027-01-01 00:00' },
      { at: '2026-08-01 12:00', merge: 'A' },
      { at: '2026-11-01 12:00', resolve: 'A' },
    ],
  },
  '8. No one on duty': {
    shifts: [{ start: '2026-04-01 00:00', end: '2026-05-01 00:00' }],
    until: '2026-03-31 00:00',
    happenings: [
      { at: '2026-02-03 10:00', notify: 'A', rating: 'high' },
      { at: '2026-02-09 10:00', notify: 'B', rating: 'high' },
      { at: '2026-02-10 10:00', notify: 'C', rating: 'high' },
    ],
  },
  '9. A postponement': {
    shifts: [
      { start: '2026-03-02 09:00', end: '2026-03-09 09:00' },
      { start: '2026-03-09 09:00', end: '2026-03-16 09:00' },
    ],
    until: '2026-04-01 00:00',
    happenings: [
      { at: '2026-02-03 10:00', notify: 'A', rating: 'high' },
      { at: '2026-02-06 10:00', notify: 'B', rating: 'high' },
      { at: '2026-02-12 10:00', notify: 'C', rating: 'high' },
      { at: '2026-03-02 12:00', postpone: 'monthly', until: '2026-03-10 10:00' },
    ],
  },
  '10. Score 0.0': {
    shifts: allYear,
    until: '2026-12-01 00:00',
    happenings: [
      { at: '2026-01-10 10:00', notify: 'A', rating: 'high' },
      { at: '2026-01-12 10:00', notify: 'B', rating: 'none' },
      { at: '2026-02-05 10:00', rate: 'A', rating: 'none' },
      { at: '2026-03-20 10:00', resolve: 'A' },
    ],
  },
};

describe('R8–R10: the ten worked examples of docs/policy.md', () => {
  test.each(Object.entries(scenarios))('%s', (heading, scenario) => {
    const written = examples().get(heading);

    const { rows } = replay(scenario);

    expect(rows).toEqual(written);
  });

  test('are all there, in the text and as tests', () => {
    expect([...examples().keys()]).toEqual(Object.keys(scenarios));
    expect(Object.keys(scenarios)).toHaveLength(10);
  });
});
