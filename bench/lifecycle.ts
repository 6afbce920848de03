import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { DeleteScheduleCommand, ListSchedulesCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { GetExecutionHistoryCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import * as messages from '#contracts/messages.ts';
import { type FunctionName, functionNames } from '../lib/functions.ts';
import {
  advise,
  announce,
  type Check,
  publish,
  release,
  report,
  triage,
  type Witness,
} from '../local/demo-life.ts';
import { type Desk, type Ports, startDesk, usualPorts } from '../local/desk.ts';
import { localCredentials, localRegion } from '../local/emulator/environment.ts';
import { untilTold } from '../local/quiet.ts';
import { timeTravel } from '../local/time-travel.ts';
import { startMeter, type Write } from './capacity-meter.ts';
import type { Counts } from './cost/model.ts';
import { type Findings, main } from './report.ts';

/*
 * P6: what one disclosure costs, counted. The demonstration's disclosure (one repository, one backport) lives from
 * mail to published on the real deployment on the emulator, whose DynamoDB tells the write request units of each call
 * and whose Lambda counts invocations. Not counted: reconcile and the polls, which are switched off; pages that are
 * read, previewed or exchanged for a session; what the rota does meanwhile. Another configuration than
 * desk.config.ts may be given: with `mail.groupAddress` a notice to the group is one letter, without it one a member.
 */

/** Names and counts, largest first, for a note. */
function tally<T>(
  items: readonly T[],
  name: (item: T) => string,
  size: (item: T) => number = () => 1,
): string {
  const sums = new Map<string, { units: number; times: number }>();
  for (const item of items) {
    const { units, times } = sums.get(name(item)) ?? { units: 0, times: 0 };
    sums.set(name(item), { units: units + size(item), times: times + 1 });
  }
  return [...sums]
    .toSorted(([, a], [, b]) => b.units - a.units)
    .map(([what, { units, times }]) => `${what} ${units}${units === times ? '' : ` in ${times}`}`)
    .join(', ');
}

/** What is not this disclosure's: the rota goes on whether or not anything is reported. */
const isRota = ({ partition }: Write): boolean => partition === 'ROTA';
const unitsOf = ({ table, indexes }: Write): number => table + indexes;
const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

/** Requests that this process made of the pages and their hooks, while the life is lived. */
interface Visit {
  readonly what: 'act' | 'page' | 'hook';
}

/** Acts are the POSTs that ended in a redirect; everything else of the pages is read. */
function watchVisits(front: string): { readonly visits: Visit[]; stop(): void } {
  const visits: Visit[] = [];
  const real = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const answer = await real(input, init);
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.origin === front) {
      const acted = init?.method === 'POST' && url.pathname !== '/a' && answer.status === 303;
      visits.push({ what: url.pathname.startsWith('/hooks/') ? 'hook' : acted ? 'act' : 'page' });
    }
    return answer;
  };
  return {
    visits,
    stop: () => {
      globalThis.fetch = real;
    },
  };
}

/** Nothing fires by the machine's own clock; what falls due is fired by travelling. */
async function stopSchedules(scheduler: SchedulerClient): Promise<void> {
  const { Schedules = [] } = await scheduler.send(new ListSchedulesCommand({ MaxResults: 100 }));
  for (const { Name, GroupName } of Schedules)
    await scheduler.send(new DeleteScheduleCommand({ Name, GroupName }));
}

/** Each function calls the table through the meter from here on, under its own name. */
async function meterAll(lambda: LambdaClient, stack: string, url: string): Promise<void> {
  for (const name of functionNames) {
    const FunctionName = `${stack}-${name}`;
    const found = await lambda
      .send(new GetFunctionConfigurationCommand({ FunctionName }))
      .catch((error: Error) => {
        // Not every function is deployed on the emulator: it receives no mail by SES.
        if (error.name !== 'ResourceNotFoundException') throw error;
      });
    if (!found) continue;
    const Variables = { ...found.Environment?.Variables, AWS_ENDPOINT_URL_DYNAMODB: `${url}/${name}` };
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }));
  }
}

/** Invocations of each function since the emulator began: every one begins with a line in the function's log. */
async function invocations(endpoint: string, stack: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const name of functionNames)
    counts.set(name, await linesOf(endpoint, `/aws/lambda/${stack}-${name}`, lineOf(name)));
  return counts;
}

/** Of mail intake the mails that it took: a page that shows one asks it too, and pages are not counted. */
const lineOf = (name: FunctionName): string =>
  name === 'receive-mail' ? `"${messages.mailTaken.text}"` : '"START RequestId"';

async function linesOf(endpoint: string, logGroupName: string, filterPattern: string): Promise<number> {
  let lines = 0;
  let nextToken: string | undefined;
  do {
    const answer = await fetch(endpoint, {
      method: 'POST',
      body: JSON.stringify({ logGroupName, filterPattern, ...(nextToken && { nextToken }) }),
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'Logs_20140328.FilterLogEvents',
        authorization: `AWS4-HMAC-SHA256 Credential=${localCredentials.accessKeyId}/20260101/${localRegion}/logs/aws4_request, SignedHeaders=host, Signature=0`,
      },
    });
    const found = (await answer.json()) as {
      events?: readonly unknown[];
      nextToken?: string;
      __type?: string;
    };
    // A function that was never invoked, or never deployed here, has no log.
    if (!answer.ok && !found.__type?.includes('ResourceNotFound'))
      throw new Error(`the emulator answered ${answer.status}: ${JSON.stringify(found)}`);
    lines += found.events?.length ?? 0;
    nextToken = found.nextToken;
  } while (nextToken);
  return lines;
}

/** States entered by every execution of the state machine: a transition each. */
async function transitions(sfn: SFNClient, stateMachineArn: string): Promise<readonly string[]> {
  const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn }));
  const entered: string[] = [];
  for (const { executionArn } of executions) {
    const { events = [] } = await sfn.send(
      new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }),
    );
    for (const { type, stateEnteredEventDetails } of events)
      if (type?.endsWith('StateEntered')) entered.push(stateEnteredEventDetails?.name ?? type);
  }
  return entered;
}

async function live(desk: Desk): Promise<Findings> {
  const aws = { endpoint: desk.addresses.endpoint, region: localRegion, credentials: localCredentials };
  const { stack } = desk.addresses;
  const [lambda, scheduler, sfn] = [new LambdaClient(aws), new SchedulerClient(aws), new SFNClient(aws)];
  const meter = await startMeter(desk.addresses.endpoint);
  const watch = watchVisits(desk.addresses.desk);
  try {
    await stopSchedules(scheduler);
    await meterAll(lambda, stack, meter.url);
    const travel = timeTravel({
      ...{ clock: desk.clock, scheduler, lambda, store: desk.store, quiet: desk.quiet, afterwards: [] },
      group: desk.outputs.ScheduleGroup ?? '',
      sweep: `${stack}-remind-maintainers`,
    });
    const before = await invocations(desk.addresses.endpoint, stack);
    // Rest as the days between two acts bring it. Where the demonstration does not rest, neither do people.
    await liveOnce({ ...desk, travel, quiet: untilTold(desk) });
    const after = await invocations(desk.addresses.endpoint, stack);
    const entered = await transitions(sfn, desk.outputs.StateMachineArn ?? '');
    const letters = desk.gateway.mailbox.list().length;
    const found = findings(meter.writes, entered, invoked(before, after), watch.visits);
    const counts: Counts = { ...found.counts, letters };
    return { ...found, counts, notes: [...(found.notes ?? []), `letters: ${letters}`] };
  } finally {
    watch.stop();
    await meter.close();
  }
}

async function liveOnce(desk: Desk): Promise<void> {
  const checks: Check[] = [];
  const witness: Witness = {
    say: (line) => process.stderr.write(`${line}\n`),
    check: (rule, what, held, found) => void checks.push({ rule, what, held, found }),
  };
  const life = await report(desk, witness);
  await triage(life);
  await advise(life);
  await announce(life);
  const maintainer = await release(life);
  await publish(life, maintainer);
  // The last signal reaches its execution a moment after the record says published.
  let status = await desk.runner.status(life.reference, 1);
  for (let tries = 0; status === 'RUNNING' && tries < 100; tries++) {
    await pause(100);
    status = await desk.runner.status(life.reference, 1);
  }
  await desk.quiet();
  const broken = checks.filter(({ held, found }) => !held && found !== 'RUNNING');
  if (status !== 'SUCCEEDED')
    broken.push({ rule: 'P6', what: 'the execution succeeded', held: false, found: status });
  if (broken.length > 0) throw new Error(`the life went wrong: ${JSON.stringify(broken)}`);
}

interface Called {
  readonly name: string;
  readonly times: number;
}

/** Invocations by function. */
const invoked = (
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): readonly Called[] =>
  functionNames.flatMap((name) => {
    const times = (after.get(name) ?? 0) - (before.get(name) ?? 0);
    return times > 0 ? [{ name, times }] : [];
  });

/** What the bar counts: of the functions behind the pages acts alone, no page that is read and no exchange. */
const withoutReading = (calls: readonly Called[], visits: readonly Visit[]): readonly Called[] =>
  calls.flatMap((call) => {
    if (call.name === 'open-desk') return [];
    return call.name === 'change-desk'
      ? [{ ...call, times: visits.filter(({ what }) => what === 'act').length }]
      : [call];
  });

function findings(
  writes: readonly Write[],
  entered: readonly string[],
  called: readonly Called[],
  visits: readonly Visit[],
): Findings & { readonly counts: Omit<Counts, 'letters'> } {
  const own = writes.filter((write) => !isRota(write));
  const figure = (value: number, unit: string, bar: number) =>
    ({ bench: 'lifecycle', value, unit, bar, kind: 'count' }) as const;
  const calls = withoutReading(called, visits);
  return {
    counts: {
      writeUnits: sum(own.map(unitsOf)),
      transitions: entered.length,
      // Every request of a page is an invocation that is paid for, whatever the bar counts.
      invocations: Object.fromEntries(called.map(({ name, times }) => [name, times])),
      requests: visits.length,
    },
    figures: [
      figure(sum(own.map(unitsOf)), 'WRU', 110),
      figure(entered.length, 'transitions', 40),
      figure(sum(calls.map(({ times }) => times)), 'invocations', 40),
    ],
    notes: [
      `WRU by function: ${tally(own, ({ by }) => by, unitsOf)}`,
      `WRU by cause: ${tally(own, ({ by, what }) => `${by} ${what}`, unitsOf)}`,
      `WRU of the table ${sum(own.map(({ table }) => table))}, of its indexes ${sum(own.map(({ indexes }) => indexes))}; of the rota, not counted, ${sum(writes.filter(isRota).map(unitsOf))}`,
      `transitions: ${tally(entered, (name) => name)}`,
      `invocations: ${called.map(({ name, times }) => `${name} ${times}`).join(', ')}`,
      `requests: ${tally(visits, ({ what }) => what)}`,
    ],
  };
}

async function measure([configFile]: readonly string[]): Promise<Findings> {
  const folder = mkdtempSync(join(tmpdir(), 'desk-lifecycle-'));
  const ports = Object.fromEntries(Object.keys(usualPorts).map((name) => [name, 0])) as unknown as Ports;
  const desk = await startDesk({
    folder,
    ports,
    fresh: true,
    configFile,
    progress: (line) => process.stderr.write(`${line}\n`),
  });
  try {
    return await live(desk);
  } finally {
    await desk.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) await main(measure);
