import type { Disclosure } from './disclosure.ts';
import type { Instant } from './instant.ts';
import type { PersonId } from './people.ts';
import { responseTarget } from './response-target.ts';

/** The reference of the n-th disclosure of a year: `EDX-2026-0001`. */
export const referenceOf = (prefix: string, year: number, number: number): string =>
  `${prefix}-${year}-${String(number).padStart(4, '0')}`;

/**
 * A new disclosure, at the moment an intake opens it. The embargo begins with it (policy V6); its first human
 * answer is due as policy A1 says.
 */
export function openDisclosure(input: {
  readonly id: string;
  readonly mailKey: string;
  readonly reporter?: PersonId | undefined;
  readonly receivedAt: Instant;
  readonly zone: string;
  readonly responseBusinessDays: number;
  readonly related?: readonly string[] | undefined;
}): Disclosure {
  const { dueAt, halfAt } = responseTarget(input.receivedAt, input.zone, input.responseBusinessDays);
  return {
    id: input.id,
    version: 0,
    stage: 'received',
    receivedAt: input.receivedAt,
    intakes: [input.mailKey],
    reporters: input.reporter ? [input.reporter] : [],
    credit: {},
    ...(input.related && input.related.length > 0 && { related: input.related }),
    entries: [],
    facts: [],
    embargo: { since: input.receivedAt },
    steps: {},
    response: { dueAt, halfAt },
    told: [],
    generation: 1,
  };
}
