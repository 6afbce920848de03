import { calculateBaseResult, calculateEnvironmentalResult, calculateTemporalResult } from 'cvss4';
import { type Rating, ratingOf, type Severity } from './rating.ts';

/** The groups of metrics of CVSS 3.1. */
export type MetricGroup = 'base' | 'temporal' | 'environmental';

/** What a CVSS 3.1 vector says. */
export interface ScoredVector extends Severity {
  /** Canonical: the standard's order, without metrics that are not defined (`X`). */
  readonly vector: string;
  /** 0.0 to 10.0, one decimal: the most specific of the scores below. */
  readonly score: number;
  readonly rating: Rating;
  /** Which of the three scores `score` is. */
  readonly scoredBy: MetricGroup;
  readonly baseScore: number;
  readonly temporalScore?: number;
  readonly environmentalScore?: number;
  /** The given metrics by abbreviation, in canonical order: `AV` → `N`. */
  readonly metrics: ReadonlyMap<string, string>;
}

export type VectorFault =
  | 'not-text'
  | 'wrong-prefix'
  | 'spaces'
  | 'malformed-metric'
  | 'unknown-metric'
  | 'repeated-metric'
  | 'empty-value'
  | 'unknown-value'
  | 'missing-metric';

/**
 * A text is no CVSS 3.1 vector. `metrics` names the standard's metrics concerned. The message never repeats
 * what was given: a vector says where a flaw is weak, and messages reach logs.
 */
export class InvalidVectorError extends Error {
  override readonly name = 'InvalidVectorError';
  readonly fault: VectorFault;
  readonly metrics: readonly string[];

  constructor(fault: VectorFault, message: string, metrics: readonly string[] = []) {
    super(message);
    this.fault = fault;
    this.metrics = metrics;
  }
}

const prefix = 'CVSS:3.1/';

/** CVSS 3.1, specification document, table 15: metrics in canonical order with their values' letters. */
const grammar: Readonly<Record<MetricGroup, ReadonlyMap<string, string>>> = {
  base: new Map([
    ['AV', 'NALP'],
    ['AC', 'LH'],
    ['PR', 'NLH'],
    ['UI', 'NR'],
    ['S', 'UC'],
    ['C', 'NLH'],
    ['I', 'NLH'],
    ['A', 'NLH'],
  ]),
  temporal: new Map([
    ['E', 'XUPFH'],
    ['RL', 'XOTWU'],
    ['RC', 'XURC'],
  ]),
  environmental: new Map([
    ['CR', 'XLMH'],
    ['IR', 'XLMH'],
    ['AR', 'XLMH'],
    ['MAV', 'XNALP'],
    ['MAC', 'XLH'],
    ['MPR', 'XNLH'],
    ['MUI', 'XNR'],
    ['MS', 'XUC'],
    ['MC', 'XNLH'],
    ['MI', 'XNLH'],
    ['MA', 'XNLH'],
  ]),
};

/** Every metric in canonical order → its values' letters. `X` is "not defined". */
export const metricLetters: ReadonlyMap<string, string> = new Map([
  ...grammar.base,
  ...grammar.temporal,
  ...grammar.environmental,
]);

/** The metrics of a group, in canonical order. */
export const metricsOf = (group: MetricGroup): readonly string[] => [...grammar[group].keys()];

/**
 * The severity of a CVSS 3.1 vector (`OEP-60 R4`): metrics in any order in, canonical order out. The score is
 * the environmental one if an environmental metric is given, else the temporal one if one is, else the base.
 *
 * @throws {InvalidVectorError} for anything that is not exactly such a vector.
 * @example severityOf('CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H') // score 9.8, rating 'critical'
 */
export function severityOf(vector: string): ScoredVector {
  const metrics = canonical(parse(vector));
  const text = prefix + [...metrics].map(([metric, value]) => `${metric}:${value}`).join('/');
  const has = (group: MetricGroup) => metricsOf(group).some((metric) => metrics.has(metric));

  const baseScore = calculateBaseResult(text).score;
  const temporalScore = has('temporal') ? calculateTemporalResult(text).score : undefined;
  const environmentalScore = has('environmental') ? calculateEnvironmentalResult(text).score : undefined;
  const score = environmentalScore ?? temporalScore ?? baseScore;

  return {
    vector: text,
    score,
    rating: ratingOf(score),
    scoredBy: has('environmental') ? 'environmental' : has('temporal') ? 'temporal' : 'base',
    baseScore,
    ...(temporalScore === undefined ? {} : { temporalScore }),
    ...(environmentalScore === undefined ? {} : { environmentalScore }),
    metrics,
  };
}

/**
 * The canonical vector of chosen metrics, as a form gives them: empty and `X` values count as not given, keys
 * that are no metric are refused.
 *
 * @throws {InvalidVectorError} `missing-metric` with the base metrics still to choose, or another fault.
 */
export function vectorOf(chosen: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(chosen).filter(([, value]) => value !== undefined && value !== '');
  const metrics = new Map(given.map(([metric, value]) => checked(metric, value ?? '')));
  const vector = prefix + [...canonical(metrics)].map(([metric, value]) => `${metric}:${value}`).join('/');
  return vector;
}

function parse(vector: unknown): Map<string, string> {
  if (typeof vector !== 'string') throw new InvalidVectorError('not-text', 'A CVSS vector is a text.');
  if (/\s/u.test(vector)) throw new InvalidVectorError('spaces', 'A CVSS vector contains no spaces.');
  if (!vector.startsWith(prefix)) {
    throw new InvalidVectorError('wrong-prefix', `A CVSS 3.1 vector starts with ${prefix}.`);
  }
  const metrics = new Map<string, string>();
  for (const part of vector.slice(prefix.length).split('/')) {
    const [name, letter, ...rest] = part.split(':');
    if (name === undefined || letter === undefined || rest.length > 0) {
      throw new InvalidVectorError('malformed-metric', 'Each part of a CVSS vector is metric:value.');
    }
    const [metric, value] = checked(name, letter);
    if (metrics.has(metric)) {
      throw new InvalidVectorError('repeated-metric', `${metric} is given more than once.`, [metric]);
    }
    metrics.set(metric, value);
  }
  return metrics;
}

function checked(metric: string, value: string): [string, string] {
  const letters = metricLetters.get(metric);
  if (letters === undefined) {
    throw new InvalidVectorError('unknown-metric', 'A metric is not one of CVSS 3.1.');
  }
  if (value === '') throw new InvalidVectorError('empty-value', `${metric} has no value.`, [metric]);
  if (value.length !== 1 || !letters.includes(value)) {
    throw new InvalidVectorError('unknown-value', `${metric} is one of ${[...letters].join(', ')}.`, [
      metric,
    ]);
  }
  return [metric, value];
}

function canonical(metrics: ReadonlyMap<string, string>): Map<string, string> {
  const missing = metricsOf('base').filter((metric) => !metrics.has(metric));
  if (missing.length > 0) {
    throw new InvalidVectorError(
      'missing-metric',
      `Base metrics are missing: ${missing.join(', ')}.`,
      missing,
    );
  }
  const ordered = [...metricLetters.keys()].flatMap((metric): [string, string][] => {
    const value = metrics.get(metric);
    return value === undefined || value === 'X' ? [] : [[metric, value]];
  });
  return new Map(ordered);
}
