import { CVSS } from '@turingpointde/cvss.js';
import { expect, test } from 'vitest';
import { cvssMetrics } from '#domain/cvss-metrics.ts';
import { metricsOf, severityOf } from '#domain/severity.ts';

const base = new Set(metricsOf('base'));

test('R4: a second independent library gives the same score for all 2,592 base vectors', () => {
  const vectors = cvssMetrics
    .filter(({ metric }) => base.has(metric))
    .reduce<string[]>(
      (made, { metric, values }) =>
        made.flatMap((vector) => values.map(({ value }) => `${vector}/${metric}:${value}`)),
      ['CVSS:3.1'],
    );

  const different = vectors.filter((vector) => severityOf(vector).score !== CVSS(vector).getScore());

  expect(vectors).toHaveLength(2592);
  expect(different).toEqual([]);
});
