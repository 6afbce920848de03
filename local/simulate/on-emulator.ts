import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DeleteScheduleCommand, ListSchedulesCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import type { Partition, StoredEvent } from '#contracts/ports.ts';
import type { Settings } from '#contracts/settings.ts';
import { instant, ms } from '#domain/instant.ts';
import type { Letter } from '#domain/letter.ts';
import { type Desk, type Ports, startDesk, usualPorts } from '../desk.ts';
import { localCredentials, localRegion, projectRoot } from '../emulator/environment.ts';
import { actorOf } from './live.ts';
import { mailOf, type SentMail } from './mails.ts';
import { sweepsOf } from './model.ts';
import type { Frequency, Plan } from './plan.ts';

const frequencies: readonly Frequency[] = ['weekly', 'monthly', 'quarterly', 'half-yearly'];

/** Mails that are under way are waited for as long as there come any; without a new one for so long, no more. */
const patienceMs = 5 * 60_000;

const anyPorts = Object.fromEntries(Object.keys(usualPorts).map((name) => [name, 0])) as unknown as Ports;

/** The year's clock is the plan's: schedules that fire by real time would act in it unasked. */
async function stopSchedules(desk: Desk): Promise<void> {
  const scheduler = new SchedulerClient({
    endpoint: desk.addresses.endpoint,
    region: localRegion,
    credentials: localCredentials,
  });
  const { Schedules = [] } = await scheduler.send(new ListSchedulesCommand({}));
  for (const { Name, GroupName } of Schedules)
    await scheduler.send(new DeleteScheduleCommand({ Name, ...(GroupName && { GroupName }) }));
}

interface Posted {
  readonly event: StoredEvent;
  readonly letter: Letter;
}

/** Every letter of the year's record by the id that SES gave its mail. */
async function postedLetters(desk: Desk, plan: Plan): Promise<ReadonlyMap<string, Posted>> {
  const disclosures = plan.happenings.flatMap((each) => (each.what === 'received' ? [each.disclosure] : []));
  const partitions: Partition[] = [
    'ROTA',
    ...plan.members.map((id) => `PERSON#${id}` as const),
    ...disclosures.map((id) => `DISC#${id}` as const),
    ...plan.maintainers.flatMap(({ id }) => frequencies.map((each) => `GROUP#${id}#${each}` as const)),
  ];
  const posted = new Map<string, Posted>();
  for (const partition of partitions)
    for (const event of await desk.store.events(partition))
      for (const [at, letter] of event.letters.entries()) {
        const { sesId } = event.delivery[`L${at}`] ?? {};
        if (sesId) posted.set(sesId.split('@')[0] ?? '', { event, letter });
      }
  return posted;
}

/** Every mail in the mailbox in the model's words; one that the record knows nothing of is one too many. */
async function mailsOf(desk: Desk, plan: Plan, sweepMs: number): Promise<readonly SentMail[]> {
  const posted = await postedLetters(desk, plan);
  return desk.gateway.mailbox.list().flatMap(({ id, to, subject, time }): SentMail[] => {
    const found = posted.get(id);
    if (!found) {
      const at = ms(time);
      // Mails of before the year: of the desk's own start.
      return at < plan.start ? [] : [{ to, what: 'unrecorded', instant: at, about: subject, sentAt: at }];
    }
    const { event, letter } = found;
    const at = ms(event.at);
    // The deployed clock runs on after the sweep's start; what people do is committed at the plan's own instant.
    const sweep = event.actor === 'desk' ? at - (at % sweepMs) : at;
    const mail = mailOf(event, letter, sweep);
    // Whose mailbox it lies in counts, not whom the record wanted to reach.
    return mail ? [{ ...mail, to: to.replace(/@people\.example$/, ''), sentAt: sweep }] : [];
  });
}

async function delivered(desk: Desk, progress: (line: string) => void): Promise<void> {
  const count = (): number => desk.gateway.mailbox.list().length;
  for (let [last, since, told] = [count(), Date.now(), 0]; ; await pause(2000)) {
    const waiting = await desk.store.waiting(1);
    if (waiting.length === 0) return;
    if (count() > last) [last, since] = [count(), Date.now()];
    else if (Date.now() - since > patienceMs)
      throw new Error(`${waiting[0]?.partition} ${waiting[0]?.cause} was not delivered`);
    if (Date.now() - told < 30_000) continue;
    progress(`${last} mails have arrived, more are under way`);
    told = Date.now();
  }
}

/**
 * Lives a planned year on a desk of its own, deployed on this machine: the acts go to its table, the sweeps are its
 * function's, and the mails are those that arrived in its mailbox. Sweeps that find nothing due are left out.
 */
export async function liveOnEmulator(
  planFor: (year: number, zone: string) => Plan,
  settingsFor: (plan: Plan) => Settings,
  progress: (line: string) => void,
): Promise<{ readonly plan: Plan; readonly sent: readonly SentMail[] }> {
  const folder = join(projectRoot, '.desk', 'simulate');
  const desk = await startDesk({ folder, ports: anyPorts, fresh: true, progress });
  try {
    await stopSchedules(desk);
    // The desk's clock never goes back: the year to come is the first that lies wholly ahead.
    const plan = planFor(Number(desk.clock.now().slice(0, 4)) + 1, desk.config.zone);
    const settings = settingsFor(plan);
    let now = plan.start;
    const stage = { store: desk.store, clock: { now: () => instant(now) }, settings };
    const { prepare, act } = actorOf(plan, stage);
    await prepare();
    const happenings = plan.happenings.toSorted((a, b) => a.at - b.at);
    let next = 0;
    let due: number | undefined;
    let stale = true;
    let told = '';
    for (const start of sweepsOf(plan)) {
      for (let each = happenings[next]; each && each.at <= start; each = happenings[++next]) {
        // Mail travels in real time: what went to a member who leaves has to arrive before they are gone.
        if (each.what === 'left') await delivered(desk, progress);
        now = each.at;
        await act(each);
        stale = true;
      }
      if (stale) {
        const first = (await desk.store.due(instant(plan.end))).items[0]?.dueAt;
        due = first === undefined ? undefined : ms(first);
        stale = false;
      }
      const month = instant(start).slice(0, 7);
      if (month !== told) progress(`living ${month}`);
      told = month;
      if (due === undefined || due > start) continue;
      desk.clock.moveTo(instant(start));
      const input = { scheduledAt: instant(start).replace('.000Z', 'Z') };
      const again = plan.repeated.from <= start && start < plan.repeated.to ? 5 : 1;
      await Promise.all(Array.from({ length: again }, () => desk.invoke('remind-maintainers', input)));
      stale = true;
    }
    await delivered(desk, progress);
    return { plan, sent: await mailsOf(desk, plan, settings.policy.sweepMs) };
  } finally {
    await desk.close();
  }
}
