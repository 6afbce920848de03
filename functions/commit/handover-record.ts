import type { DeskStore, DueItem } from '#contracts/ports.ts';
import { MalformedItem } from '#contracts/stored-items.ts';
import { type Batch, type CadencePolicy, forecast, type ReminderGroup } from '#domain/cadence.ts';
import type { OpenWork } from '#domain/handover.ts';
import type { Instant } from '#domain/instant.ts';
import type { Shift, Span } from '#domain/rota.ts';

/** Keys of all that is due up to an instant, each once. */
export async function allDue(store: Pick<DeskStore, 'due'>, until: Instant): Promise<readonly DueItem[]> {
  const found = new Map<string, DueItem>();
  let cursor: string | undefined;
  do {
    const page = await store.due(until, cursor);
    for (const item of page.items) found.set(item.partition, item);
    cursor = page.cursor;
  } while (cursor);
  return [...found.values()];
}

/** `GROUP#team:openedx/x#weekly` → maintainer and frequency. */
export function readGroupPartition(partition: string): { maintainer: string; frequency: string } {
  const cut = partition.lastIndexOf('#');
  return { maintainer: partition.slice('GROUP#'.length, cut), frequency: partition.slice(cut + 1) };
}

/** A malformed item is missing from the list, but keeps nobody's shift from passing; whoever is due for it says so. */
async function readable<T>(item: Promise<T>): Promise<T | undefined> {
  try {
    return await item;
  } catch (error) {
    if (error instanceof MalformedItem) return undefined;
    throw error;
  }
}

/** The reminder batches that will go out within a span if nothing changes, earliest first. Costs what is due in it. */
export async function willGoOut(
  store: Pick<DeskStore, 'due' | 'group'>,
  span: Span,
  shifts: readonly Shift[],
  policy: CadencePolicy,
): Promise<readonly Batch[]> {
  const due = (await allDue(store, span.end)).filter(({ partition }) => partition.startsWith('GROUP#'));
  const groups = await Promise.all(
    due.map(({ partition }) => {
      const { maintainer, frequency } = readGroupPartition(partition);
      return readable(store.group(maintainer, frequency));
    }),
  );
  return groups
    .filter((group): group is ReminderGroup => group !== undefined)
    .flatMap((group) => forecast(group, span, shifts, policy))
    .toSorted((a, b) => a.sendingInstant.localeCompare(b.sendingInstant));
}

/** Everything open, unanswered and quarantined: read when a shift ends and on the page "Today", never by a sweep. */
export async function openWork(store: Pick<DeskStore, 'listed' | 'disclosure'>): Promise<OpenWork> {
  const [open, queue, held, quarantined] = await Promise.all([
    store.listed('open'),
    store.listed('queue'),
    store.listed('held'),
    store.listed('quarantined'),
  ]);
  const disclosures = [];
  // A few at a time: a full desk must not open a hundred connections for one letter.
  for (let at = 0; at < open.length; at += 20)
    disclosures.push(
      ...(await Promise.all(open.slice(at, at + 20).map((id) => readable(store.disclosure(id))))),
    );
  return {
    disclosures: disclosures.filter((each) => each !== undefined),
    unanswered: [...queue, ...held],
    quarantined,
  };
}
