import type { Settings } from '#contracts/settings.ts';
import { instant, ms } from '#domain/instant.ts';
import { remindMaintainers } from '../../functions/remind-maintainers/remind-maintainers.ts';
import { InMemoryStore } from '../../test/support/in-memory-store.ts';
import { actorOf } from './live.ts';
import { mailOf, type SentMail } from './mails.ts';
import { sweepsOf } from './model.ts';
import { numbers, type Plan } from './plan.ts';

/** Sweeps start up to so late after their schedule's instant. */
const slowestStartMs = 9000;

/**
 * Lives a planned year on the desk's use cases over in-memory ports, with a sweep every 15 minutes by the schedule's
 * own instants, and answers every mail that was committed.
 */
export async function liveInMemory(plan: Plan, settings: Settings): Promise<readonly SentMail[]> {
  const mails: SentMail[] = [];
  let now = plan.start;
  let sweep: number | undefined;
  const clock = { now: () => instant(now) };
  const store = new (class extends InMemoryStore {
    override async commit(commit: Parameters<InMemoryStore['commit']>[0]) {
      const event = await super.commit(commit);
      for (const letter of event.letters) {
        const mail = mailOf(event, letter, sweep ?? ms(event.at));
        if (!mail) continue;
        const to = 'person' in letter.to ? letter.to.person : letter.to.group;
        mails.push({ ...mail, to, sentAt: sweep ?? ms(event.at) });
      }
      return event;
    }
  })(clock);
  const stage = { store, clock, settings };
  const failures: string[] = [];
  const sweeps = remindMaintainers({
    ...stage,
    log: ({ level, text }, fields) => {
      if (level === 'error') failures.push(`${text}: ${JSON.stringify(fields)}`);
    },
  });
  const { prepare, act } = actorOf(plan, stage);
  await prepare();
  const happenings = plan.happenings.toSorted((a, b) => a.at - b.at);
  const random = numbers(plan.start % 1000);
  let next = 0;
  for (const start of sweepsOf(plan)) {
    for (let each = happenings[next]; each && each.at <= start; each = happenings[++next]) {
      now = each.at;
      await act(each);
    }
    const following = happenings[next]?.at ?? Number.POSITIVE_INFINITY;
    now = Math.min(start + Math.floor(random() * slowestStartMs), following - 1);
    sweep = start;
    const input = { scheduledAt: instant(start).replace('.000Z', 'Z') };
    const again = plan.repeated.from <= start && start < plan.repeated.to ? 5 : 1;
    await Promise.all(Array.from({ length: again }, () => sweeps(input)));
    sweep = undefined;
  }
  if (failures.length > 0) throw new Error(`the sweep failed: ${failures.slice(0, 3).join('; ')}`);
  return mails;
}
