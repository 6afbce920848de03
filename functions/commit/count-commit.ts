import type { Measure, MetricName } from '#contracts/metrics.ts';
import type { DeskEvent } from '#contracts/ports.ts';
import type { HandOffWhat } from '#domain/letter.ts';

/** Deadlines of OEP-60 R17, by the beginning of what `pass-deadline` records as passed. */
const twoHours = /^two-hours-/;

/** An answer to somebody without a mail address was never a machine's to give: nothing was refused. */
const alwaysByHand: readonly HandOffWhat[] = ['answer-on-github'];

/**
 * What the metrics are to be told of a commit, read off its event, so that record and metric cannot differ: a
 * disclosure whose two hours passed counts once a commit, each step handed to a person counts by itself.
 */
export function countsOf({ type, data, letters }: Pick<DeskEvent, 'type' | 'data' | 'letters'>): readonly {
  readonly name: MetricName;
  readonly value: number;
}[] {
  const passed = type === 'pass-deadline' && Array.isArray(data.passed) ? data.passed : [];
  const handedOff = letters.filter(
    (letter) => letter.template === 'hand-off' && !alwaysByHand.includes(letter.params.what),
  ).length;
  return [
    ...(passed.some((deadline) => twoHours.test(String(deadline)))
      ? [{ name: 'TwoHourOverrun' as const, value: 1 }]
      : []),
    ...(handedOff > 0 ? [{ name: 'HandedOff' as const, value: handedOff }] : []),
  ];
}

/** Tells the metrics of a commit that was just made; one that stood already was told of when it was made. */
export function countCommit(
  measure: Measure | undefined,
  event: Pick<DeskEvent, 'type' | 'data' | 'letters'>,
): void {
  if (!measure) return;
  for (const { name, value } of countsOf(event)) measure(name, value);
}
