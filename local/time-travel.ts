import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import {
  DeleteScheduleCommand,
  GetScheduleCommand,
  ListSchedulesCommand,
  type SchedulerClient,
} from '@aws-sdk/client-scheduler';
import type { DeskStore } from '#contracts/ports.ts';
import { addPeriod, startOfDay } from '#domain/calendar.ts';
import { type Instant, plus } from '#domain/instant.ts';
import type { LocalClock } from './clock.ts';

/** One schedule of the deployment, as the emulator keeps it. */
interface Schedule {
  readonly name: string;
  readonly group: string;
  readonly expression: string;
  readonly zone: string;
  readonly target: string;
  readonly input: string;
}

/** What fired while the clock was moved, in order. */
export interface Fired {
  readonly at: Instant;
  readonly what: string;
}

export interface TimeTravelDeps {
  readonly clock: LocalClock;
  readonly scheduler: SchedulerClient;
  readonly lambda: LambdaClient;
  readonly store: Pick<DeskStore, 'due'>;
  /** The group of the deployment's schedules: another stack's are not its own. */
  readonly group: string;
  /** Name of the function that sweeps the due index. */
  readonly sweep: string;
  /** Names of functions that run once at the end of a jump: reconcile and the polls. */
  readonly afterwards: readonly string[];
  /** Resolves when nothing of what was set in motion is under way any more. */
  readonly quiet: () => Promise<void>;
}

/** No jump stops more often than this: something that is due at once again and again would never end. */
const mostStops = 5000;

/**
 * Moves the desk's clock and fires what falls due meanwhile, in order: the emulator's scheduler knows real time
 * only. It stops at every one-time schedule, every instant of the due index and every recurring schedule slower
 * than hourly; reconcile and the polls run once, at the end.
 */
export function timeTravel(deps: TimeTravelDeps) {
  return {
    /** The next instant at which something falls due; undefined where nothing does. */
    next: async (): Promise<Instant | undefined> => (await nextStop(deps, deps.clock.now(), new Set()))?.at,
    async to(target: Instant): Promise<readonly Fired[]> {
      const fired: Fired[] = [];
      const seen = new Set<string>();
      let from = deps.clock.now();
      for (let stops = 0; stops < mostStops; stops++) {
        const stop = await nextStop(deps, from, seen);
        if (!stop || stop.at > target) break;
        deps.clock.moveTo(stop.at);
        await stop.fire();
        await deps.quiet();
        fired.push({ at: stop.at, what: stop.what });
        seen.add(stop.key);
        from = stop.at;
      }
      deps.clock.moveTo(target);
      for (const name of deps.afterwards) await invoke(deps.lambda, name, '{}');
      await deps.quiet();
      return fired;
    },
  };
}

interface Stop {
  readonly at: Instant;
  readonly what: string;
  readonly key: string;
  readonly fire: () => Promise<void>;
}

async function nextStop(
  deps: TimeTravelDeps,
  from: Instant,
  seen: ReadonlySet<string>,
): Promise<Stop | undefined> {
  const [schedules, due] = await Promise.all([listSchedules(deps), firstDue(deps)]);
  const stops = schedules.flatMap((schedule) => stopOf(deps, schedule, from));
  if (due) {
    const at = due > from ? due : from;
    stops.push({
      at,
      what: 'sweep',
      // What stays due although it was swept is left to the next sweep, not swept for ever.
      key: `sweep ${due} ${at}`,
      fire: () => invoke(deps.lambda, deps.sweep, '{}'),
    });
  }
  return stops
    .filter(({ key }) => !seen.has(key))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))[0];
}

/** The earliest instant in the due index, however far ahead. */
async function firstDue({ store }: TimeTravelDeps): Promise<Instant | undefined> {
  return (await store.due('9999-12-31T00:00:00.000Z')).items[0]?.dueAt;
}

function stopOf(deps: TimeTravelDeps, schedule: Schedule, from: Instant): Stop[] {
  const once = /^at\((.+)\)$/.exec(schedule.expression)?.[1];
  if (once) {
    const at = `${once}.000Z`;
    return [
      {
        at: at > from ? at : from,
        what: schedule.name,
        key: `${schedule.group}/${schedule.name}`,
        async fire() {
          await invoke(deps.lambda, schedule.target, schedule.input);
          await deps.scheduler
            .send(new DeleteScheduleCommand({ Name: schedule.name, GroupName: schedule.group }))
            .catch((error: Error) => {
              if (error.name !== 'ResourceNotFoundException') throw error;
            });
        },
      },
    ];
  }
  const at = nextDaily(schedule, from);
  return at
    ? [
        {
          at,
          what: schedule.name,
          key: `${schedule.group}/${schedule.name}@${at}`,
          fire: () => invoke(deps.lambda, schedule.target, schedule.input),
        },
      ]
    : [];
}

/** The next run of a daily cron (`cron(m h * * ? *)`); every other recurring schedule of the desk is hourly or faster. */
function nextDaily({ expression, zone }: Schedule, from: Instant): Instant | undefined {
  const [, minutes, hours] = /^cron\((\d+) (\d+) \* \* \? \*\)$/.exec(expression) ?? [];
  if (minutes === undefined || hours === undefined) return undefined;
  const offset = { hours: Number(hours) };
  let day = startOfDay(from, zone);
  for (;;) {
    const at = plus(addPeriod(day, offset, zone), Number(minutes) * 60_000);
    if (at > from) return at;
    day = addPeriod(day, { days: 1 }, zone);
  }
}

async function listSchedules({
  scheduler,
  group,
}: Pick<TimeTravelDeps, 'scheduler' | 'group'>): Promise<readonly Schedule[]> {
  const { Schedules = [] } = await scheduler.send(
    new ListSchedulesCommand({ GroupName: group, MaxResults: 100 }),
  );
  const details = await Promise.all(
    Schedules.map(({ Name, GroupName }) =>
      scheduler.send(new GetScheduleCommand({ Name, GroupName })).catch(() => undefined),
    ),
  );
  return details.flatMap((schedule) =>
    schedule?.Name && schedule.Target?.Arn
      ? [
          {
            name: schedule.Name,
            group: schedule.GroupName ?? 'default',
            expression: schedule.ScheduleExpression ?? '',
            zone: schedule.ScheduleExpressionTimezone ?? 'UTC',
            target: schedule.Target.Arn,
            input: schedule.Target.Input ?? '{}',
          },
        ]
      : [],
  );
}

/** Invokes a function and waits for it; what it throws is thrown here, by its name. */
export async function invoke(lambda: LambdaClient, target: string, input: string): Promise<void> {
  const { FunctionError, Payload } = await lambda.send(
    new InvokeCommand({ FunctionName: target, Payload: Buffer.from(input) }),
  );
  if (FunctionError)
    throw new Error(
      `${target} failed: ${Buffer.from(Payload ?? [])
        .toString()
        .slice(0, 500)}`,
    );
}

/** An ISO 8601 duration of days, hours, minutes and seconds, or weeks, in milliseconds. Throws RangeError else. */
export function durationMs(text: string): number {
  const [whole, weeks, days, hours, minutes, seconds] =
    /^P(?:(\d+)W|(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?)$/.exec(text) ?? [];
  if (!whole || whole === 'P' || whole.endsWith('T'))
    throw new RangeError(`${JSON.stringify(text)} is no duration: write for instance PT48H, P3D or PT15M`);
  const [w, d, h, m, s] = [weeks, days, hours, minutes, seconds].map((part) => Number(part ?? 0));
  return ((((w ?? 0) * 7 + (d ?? 0)) * 24 + (h ?? 0)) * 3600 + (m ?? 0) * 60 + (s ?? 0)) * 1000;
}
