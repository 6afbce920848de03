import { createHash } from 'node:crypto';
import type { Disposition, Intake } from '#domain/intake.ts';

export interface CorpusMail {
  readonly file: string;
  /** Its bytes, or what reads them: a corpus may be larger than memory. */
  readonly raw: Uint8Array | (() => Uint8Array);
}

export const bytesOf = ({ raw }: CorpusMail): Uint8Array => (typeof raw === 'function' ? raw() : raw);

/** By `test/fixtures/labels.json`; what the labels mean stands beside it. */
export type Label = 'genuine' | 'bounce' | 'auto-reply' | 'list' | 'spam';
export type Labels = Readonly<Record<string, Label>>;

export const labelOf = (labels: Labels, raw: Uint8Array): Label | null =>
  labels[createHash('sha256').update(raw).digest('hex')] ?? null;

/** What became of one mail. */
export interface CorpusResult {
  readonly file: string;
  readonly disposition: Disposition | 'lost';
  readonly kind: string;
  /** The rule that gave the kind, and the one for which nothing was answered. */
  readonly why: string;
  readonly suppressed: string | null;
  readonly disclosure: string | null;
  readonly acknowledged: boolean;
  readonly label: Label | null;
}

export interface CorpusSummary {
  readonly mails: number;
  readonly disclosures: number;
  readonly dispositions: Readonly<Partial<Record<Disposition, number>>>;
  /** Mails without an intake and a disposition. */
  readonly lost: number;
  /** Disclosures, joins and acknowledgements beyond the one that a mail may cause. */
  readonly doubled: number;
  /** Acknowledgements to mails that a rule suppresses, or that are labelled as no person's. */
  readonly acksToSuppressed: number;
  readonly seconds: number;
}

export interface CorpusRun {
  readonly summary: CorpusSummary;
  readonly results: readonly CorpusResult[];
  /** What broke on the way, though nobody put a fault in: `file: error`. */
  readonly crashes: readonly string[];
}

export const resultOf = (
  file: string,
  label: Label | null,
  intake: Intake | undefined,
  acknowledgements: number,
): CorpusResult => ({
  file,
  disposition: intake?.disposition ?? 'lost',
  kind: intake?.kind ?? 'lost',
  why: intake?.kindBy ?? 'lost',
  suppressed: intake?.suppressed ?? null,
  disclosure: intake?.disclosures[0] ?? null,
  acknowledged: acknowledgements > 0,
  label,
});

/** A bounce, an automatic mail or a list that was answered, by our own rules or by its label. */
export const isWronglyAnswered = ({ acknowledged, suppressed, label }: CorpusResult): boolean =>
  acknowledged && (suppressed !== null || label === 'bounce' || label === 'auto-reply' || label === 'list');

/**
 * Counts what was promised.
 * @param disclosures how many stand
 * @param acknowledgedTwice acknowledgements beyond one a mail
 */
export function summaryOf(
  results: readonly CorpusResult[],
  disclosures: number,
  acknowledgedTwice: number,
  started: number,
): CorpusSummary {
  const opened = results.filter(({ disposition }) => disposition === 'opened').length;
  return {
    mails: results.length,
    disclosures,
    dispositions: tally(results),
    lost: results.filter(({ disposition }) => disposition === 'lost').length,
    doubled: Math.abs(disclosures - opened) + acknowledgedTwice,
    acksToSuppressed: results.filter(isWronglyAnswered).length,
    seconds: Math.round((performance.now() - started) / 100) / 10,
  };
}

function tally(results: readonly CorpusResult[]): CorpusSummary['dispositions'] {
  const counts: Partial<Record<Disposition, number>> = {};
  for (const { disposition } of results)
    if (disposition !== 'lost') counts[disposition] = (counts[disposition] ?? 0) + 1;
  return counts;
}
