import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cvssMetrics, metricText } from '#domain/cvss-metrics.ts';
import { compareSeverity, frequencyOf, InvalidScoreError, ratingOf, severityText } from '#domain/rating.ts';
import { InvalidVectorError, metricLetters, metricsOf, severityOf, vectorOf } from '#domain/severity.ts';
import { baseScore, type Chosen, environmentalScore, temporalScore } from './cvss-specification.ts';

type AeScores = { base?: number; temporal?: number; environmental?: number };
type AeLibrary = { Cvss3P1: new (vector: string) => { calculateScores(): AeScores } };
const { Cvss3P1 } = createRequire(import.meta.url)('ae-cvss-calculator') as AeLibrary;
const aeScores = (vector: string): AeScores => new Cvss3P1(vector).calculateScores();

const plain = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';
const vectorText = (chosen: Chosen) =>
  `CVSS:3.1/${Object.entries(chosen)
    .map(([metric, value]) => `${metric}:${value}`)
    .join('/')}`;

function everyBaseVector(): Chosen[] {
  return metricsOf('base').reduce<Chosen[]>(
    (vectors, metric) =>
      vectors.flatMap((vector) =>
        [...(metricLetters.get(metric) ?? '')].map((value) => ({ ...vector, [metric]: value })),
      ),
    [{}],
  );
}

/** Any full vector: all base metrics, any of the others (with `X` among their values). */
const anyVector = fc.record(
  Object.fromEntries([...metricLetters].map(([metric, letters]) => [metric, fc.constantFrom(...letters)])),
  { requiredKeys: [...metricsOf('base')] },
);

describe('R4: the score of a CVSS 3.1 vector', () => {
  test('all 2,592 base vectors score as two independent calculators say', () => {
    const vectors = everyBaseVector();

    const wrong = vectors.filter((chosen) => {
      const { score } = severityOf(vectorText(chosen));
      return score !== baseScore(chosen) || score !== aeScores(vectorText(chosen)).base;
    });

    expect(vectors).toHaveLength(2592);
    expect(wrong).toEqual([]);
  });

  test('12,000 random full vectors score as two independent calculators say', () => {
    const given = (chosen: Chosen, group: 'temporal' | 'environmental') =>
      metricsOf(group).some((metric) => (chosen[metric] ?? 'X') !== 'X');

    fc.assert(
      fc.property(anyVector, (chosen) => {
        const found = severityOf(vectorText(chosen));
        const ae = aeScores(vectorText(chosen));

        const temporal = given(chosen, 'temporal') ? temporalScore(chosen) : undefined;
        const environmental = given(chosen, 'environmental') ? environmentalScore(chosen) : undefined;
        // Plain comparisons: 12,000 times several expectations take seconds.
        return (
          found.baseScore === baseScore(chosen) &&
          found.baseScore === ae.base &&
          found.temporalScore === temporal &&
          (temporal === undefined || temporal === ae.temporal) &&
          found.environmentalScore === environmental &&
          (environmental === undefined || environmental === ae.environmental) &&
          found.score === (environmental ?? temporal ?? found.baseScore)
        );
      }),
      { numRuns: 12_000, seed: 31 },
    );
  });

  test.each([
    [plain, 9.8, 'critical', 'base'],
    [`${plain}/E:U`, 9.0, 'critical', 'temporal'],
    [`${plain}/E:U/RL:O/RC:U`, 7.8, 'high', 'temporal'],
    [`${plain}/E:U/MAV:P`, 6.2, 'medium', 'environmental'],
    [`${plain}/E:X/RL:X/CR:X/MAV:X`, 9.8, 'critical', 'base'],
    ['CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:N', 0, 'none', 'base'],
  ])('%s scores %d, %s, by its %s metrics', (vector, score, rating, scoredBy) => {
    expect(severityOf(vector)).toMatchObject({ score, rating, scoredBy });
  });

  test('any legal order goes in, the canonical order without X comes out', () => {
    const shuffled = anyVector.chain((chosen) =>
      fc.tuple(
        fc.constant(chosen),
        fc.shuffledSubarray(Object.entries(chosen), { minLength: Object.keys(chosen).length }),
      ),
    );

    fc.assert(
      fc.property(shuffled, ([chosen, entries]) => {
        const found = severityOf(vectorText(Object.fromEntries(entries)));

        const expected = [...metricLetters.keys()].filter((metric) => (chosen[metric] ?? 'X') !== 'X');
        expect([...found.metrics.keys()]).toEqual(expected);
        expect(severityOf(found.vector)).toEqual(found);
        expect(vectorOf(chosen)).toBe(found.vector);
        expect(found.vector).not.toContain('X');
      }),
      { seed: 31 },
    );
  });
});

describe('a malformed vector is refused with a named error', () => {
  test.each([
    ['empty', '', 'wrong-prefix'],
    ['prefix only', 'CVSS:3.1', 'wrong-prefix'],
    ['prefix and slash only', 'CVSS:3.1/', 'malformed-metric'],
    ['no prefix', plain.slice(9), 'wrong-prefix'],
    ['version 3.0', plain.replace('3.1', '3.0'), 'wrong-prefix'],
    ['version 4.0', plain.replace('3.1', '4.0'), 'wrong-prefix'],
    ['version 3.10', plain.replace('3.1', '3.10'), 'wrong-prefix'],
    ['small letters in the prefix', plain.replace('CVSS', 'cvss'), 'wrong-prefix'],
    ['small letters in a metric', plain.replace('AV', 'av'), 'unknown-metric'],
    ['small letters in a value', plain.replace('AV:N', 'AV:n'), 'unknown-value'],
    ['parentheses', `(${plain})`, 'wrong-prefix'],
    ['leading space', ` ${plain}`, 'spaces'],
    ['trailing newline', `${plain}\n`, 'spaces'],
    ['inner no-break space', plain.replace('/AC', '/\u00a0AC'), 'spaces'],
    ['trailing slash', `${plain}/`, 'malformed-metric'],
    ['doubled slash', plain.replace('/AC', '//AC'), 'malformed-metric'],
    ['metric without value', plain.replace('AV:N', 'AV'), 'malformed-metric'],
    ['two values', plain.replace('AV:N', 'AV:N:A'), 'malformed-metric'],
    ['empty value', plain.replace('AV:N', 'AV:'), 'empty-value'],
    ['empty metric', plain.replace('AV:N', ':N'), 'unknown-metric'],
    ['long value', plain.replace('AV:N', 'AV:NA'), 'unknown-value'],
    ['value of another metric', plain.replace('AC:L', 'AC:P'), 'unknown-value'],
    ['base metric not defined', plain.replace('AV:N', 'AV:X'), 'unknown-value'],
    ['repeated base metric', `${plain}/AV:N`, 'repeated-metric'],
    ['repeated optional metric', `${plain}/E:X/E:U`, 'repeated-metric'],
    ['unknown metric', `${plain}/ZZ:N`, 'unknown-metric'],
    ['metric of CVSS 2', `${plain}/Au:N`, 'unknown-metric'],
    ['metric of CVSS 4', `${plain}/AT:N`, 'unknown-metric'],
    ['__proto__', `${plain}/__proto__:N`, 'unknown-metric'],
    ['constructor', `${plain}/constructor:N`, 'unknown-metric'],
    ['__proto__ as value', plain.replace('AV:N', 'AV:__proto__'), 'unknown-value'],
    ['null', null, 'not-text'],
    ['undefined', undefined, 'not-text'],
    ['a number', 9.8, 'not-text'],
    ['a list', [plain], 'not-text'],
    ['an object', { vector: plain }, 'not-text'],
    ['a boxed text', Object(plain), 'not-text'],
  ])('%s', (_what, given, fault) => {
    expect(() => severityOf(given as string)).toThrow(
      expect.objectContaining({ name: 'InvalidVectorError', fault }),
    );
  });

  test.each(metricsOf('base'))('%s is missing', (metric) => {
    const without = plain.replace(new RegExp(`/${metric}:[A-Z]`), '');

    expect(() => severityOf(without)).toThrow(
      expect.objectContaining({ fault: 'missing-metric', metrics: [metric] }),
    );
  });

  test('any text that is no vector throws the named error and nothing else', () => {
    const noise = fc.oneof(
      fc.string(),
      fc.string().map((tail) => `CVSS:3.1/${tail}`),
      fc
        .tuple(fc.nat(plain.length), fc.string({ minLength: 1 }))
        .map(([at, text]) => plain.slice(0, at) + text + plain.slice(at)),
    );

    fc.assert(
      fc.property(noise, (text) => {
        try {
          expect(severityOf(text).score).toBeGreaterThanOrEqual(0);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidVectorError);
        }
      }),
      { numRuns: 2000, seed: 31 },
    );
  });

  test('the message repeats nothing of what was given: messages reach logs', () => {
    const secret = 'canary-7431';

    for (const given of [secret, `${plain}/${secret}:N`, `${plain}/E:${secret}`, `${plain}/${secret}`]) {
      expect(() => severityOf(given)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining(secret) }),
      );
    }
  });
});

describe('a form gives metric by metric', () => {
  test('what is still to choose is named', () => {
    expect(() => vectorOf({ AV: 'N', AC: 'L', PR: '', UI: undefined })).toThrow(
      expect.objectContaining({ fault: 'missing-metric', metrics: ['PR', 'UI', 'S', 'C', 'I', 'A'] }),
    );
  });

  test('an unknown field and an illegal value are refused', () => {
    const chosen = Object.fromEntries(severityOf(plain).metrics);

    expect(() => vectorOf({ ...chosen, ZZ: 'N' })).toThrow(
      expect.objectContaining({ fault: 'unknown-metric' }),
    );
    expect(() => vectorOf({ ...chosen, AV: 'Q' })).toThrow(
      expect.objectContaining({ fault: 'unknown-value' }),
    );
  });
});

describe('R4: ratings', () => {
  test.each([
    [0.0, 'none'],
    [0.1, 'low'],
    [3.9, 'low'],
    [4.0, 'medium'],
    [6.9, 'medium'],
    [7.0, 'high'],
    [8.9, 'high'],
    [9.0, 'critical'],
    [10.0, 'critical'],
  ])('%d is %s', (score, rating) => {
    expect(ratingOf(score)).toBe(rating);
  });

  test.each([-0.1, 10.1, 6.95, Number.NaN, Number.POSITIVE_INFINITY])('%d is no score', (score) => {
    expect(() => ratingOf(score)).toThrow(InvalidScoreError);
  });
});

describe('R8: frequencies', () => {
  test.each([
    ['critical', 'weekly'],
    ['high', 'monthly'],
    ['medium', 'quarterly'],
    ['low', 'half-yearly'],
  ] as const)('%s is reminded %s', (rating, frequency) => {
    expect(frequencyOf(rating)).toBe(frequency);
    expect(frequencyOf(rating, 'weekly')).toBe(frequency);
  });

  test('score 0.0 keeps the frequency it had before, Low if none', () => {
    expect(frequencyOf('none', 'weekly')).toBe('weekly');
    expect(frequencyOf('none')).toBe('half-yearly');
  });
});

test('R7: a label alone is a severity, and sorts as the least of its rating', () => {
  const severities = [
    { rating: 'critical' as const },
    { rating: 'high' as const, score: 8.9 },
    { rating: 'none' as const, score: 0 },
    { rating: 'high' as const },
    { rating: 'high' as const, score: 7.5 },
  ];

  const sorted = severities.toSorted(compareSeverity).map(severityText);

  expect(sorted).toEqual(['0.0 None', 'High', '7.5 High', '8.9 High', 'Critical']);
});

describe('the words of the form', () => {
  test('name exactly the metrics and values that the grammar knows, in its order', () => {
    const words = cvssMetrics.map(({ metric, values }) => [metric, values.map((each) => each.value).sort()]);

    const letters = [...metricLetters].map(([metric, each]) => [metric, [...each].sort()]);

    expect(words).toEqual(letters);
  });

  test('put each metric into its group and leave none without a definition', () => {
    for (const metric of cvssMetrics) {
      expect(metricsOf(metric.group)).toContain(metric.metric);
      expect(metric.definition).toMatch(/^\S.*[.?]$/);
      for (const each of metric.values) expect(each.definition).toMatch(/^\S.*\.$/);
    }
  });

  test('read a metric out in words', () => {
    expect(metricText('AV', 'N')).toBe('Attack Vector: Network');
    expect(metricText('MPR', 'X')).toBe('Modified Privileges Required: Not Defined');
    expect(metricText('AV', 'Q')).toBeUndefined();
    expect(metricText('__proto__', 'N')).toBeUndefined();
  });
});
