import { join } from 'node:path';
import { GetExecutionHistoryCommand, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { executionName } from '#adapters/lifecycle-runner.ts';
import { day, hour, plus } from '#domain/instant.ts';
import { act, type Case, executionEnd, member, stored, validTriage, waitsIn } from './cases.ts';
import { type Desk, type Ports, startDesk, usualPorts } from './desk.ts';
import { startChecks } from './drill/checks.ts';
import { newSignature, newState } from './drill/upgraded-app.ts';
import { deploy } from './emulator/deploy.ts';
import { localCredentials, localRegion, projectRoot } from './emulator/environment.ts';
import { announce, merge, publish, received, triage } from './life-steps.ts';
import type { Visitor } from './visitor.ts';

/**
 * `npm run drill:upgrade`: disclosures wait in every stage while the next version (another definition, other
 * functions) is deployed over the one that began them. None is lost, each gets to its end, and what begins afterwards
 * runs the new definition.
 */
const { say, check, run } = startChecks(
  'upgrade',
  'npm run drill:upgrade -- [options]\n  Deploys the next version over open disclosures of every stage.',
);

const folder = join(projectRoot, '.desk', 'upgrade');
const anyPort = Object.fromEntries(Object.keys(usualPorts).map((name) => [name, 0])) as unknown as Ports;
/** GitHub refuses its advisory, so that a person has to open it: the one way to stay `triaged`. */
const refused = 'openedx/frontend-app-account';

const github = (desk: Desk, order: string, body: object): Promise<Response> =>
  fetch(`${desk.addresses.github}/_control/${order}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

async function fill(desk: Desk) {
  const merged = await received(desk);
  await triage(desk, merged);
  const release = plus(desk.clock.now(), 3 * day);
  await announce(desk, merged, release);
  await desk.travel.to(plus(release, hour));
  const maintainer = await merge(desk, merged);
  const [first, lost, asked, triaged, advised, announced] = await Promise.all([
    received(desk),
    received(desk),
    received(desk),
    received(desk),
    received(desk),
    received(desk),
  ]);
  await act(await member(desk, asked.reference), asked.reference, 'triage', {
    outcome: 'needs-information',
    'reply_needs-information': 'Which release is it?',
  });
  await github(desk, 'fail', { path: `${refused}/security-advisories`, status: 403, times: 1000 });
  await act(await member(desk, triaged.reference), triaged.reference, 'triage', validTriage(refused));
  await waitsIn(desk, triaged.reference, 'AwaitAnnouncement');
  for (const each of [advised, announced]) await triage(desk, each);
  await announce(desk, announced, plus(desk.clock.now(), 3 * day));
  await desk.quiet();
  return { cases: { received: first, lost, asked, triaged, advised, announced, merged }, maintainer };
}

type Filled = Awaited<ReturnType<typeof fill>>;

/** The next version, over the one that runs: `cdk deploy` of another app under the same stack. */
const upgrade = (desk: Desk) =>
  deploy({
    endpoint: desk.addresses.endpoint,
    stackName: desk.addresses.stack,
    folder: join(folder, 'next'),
    context: {
      local: 'true',
      clockOffsetFile: desk.clock.file,
      linkBase: desk.addresses.desk,
      githubBase: desk.addresses.github,
      discourseBase: desk.addresses.discourse,
    },
    app: 'node_modules/.bin/node local/drill/upgraded-app.ts',
    progress: say,
  });

const executionArn = (desk: Desk, reference: string, generation: number): string =>
  `${desk.outputs.StateMachineArn?.replace(':stateMachine:', ':execution:')}:${executionName(reference, generation)}`;

/** Did an execution enter the state that only the new definition has? */
async function isNew(desk: Desk, sfn: SFNClient, reference: string, generation = 1): Promise<boolean> {
  const { events = [] } = await sfn.send(
    new GetExecutionHistoryCommand({
      executionArn: executionArn(desk, reference, generation),
      maxResults: 1000,
    }),
  );
  return events.some(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name === newState);
}

async function nothingLost(desk: Desk, { cases }: Filled): Promise<void> {
  await desk.invoke('reconcile', { full: true });
  await desk.quiet();
  for (const [stage, { reference }] of Object.entries(cases)) {
    const { generation, stage: now, hold } = await stored(desk, reference);
    const status = await desk.runner.status(reference, generation);
    const stands = stage === 'asked' ? hold?.kind === 'needs-information' : stage === 'lost' || now === stage;
    check(
      `${stage}: ${reference} stands as it stood, its execution runs on`,
      generation === 1 && status === 'RUNNING' && stands,
      `${now} g${generation} ${status}`,
    );
  }
}

async function toTheEnd(desk: Desk, sfn: SFNClient, { cases, maintainer }: Filled): Promise<void> {
  const { received: first, asked, triaged, advised, announced, merged } = cases;
  const ends = new Map<string, string>();
  ends.set('merged', await publish(desk, merged, maintainer));
  await triage(desk, first);
  // One repository on one day: one an hour after the one that was announced before the upgrade, one at its instant.
  const release = (await stored(desk, announced.reference)).release?.at ?? desk.clock.now();
  await announce(desk, first, plus(release, hour));
  await announce(desk, advised, release);
  await github(desk, 'recover', {});
  await recordByHand(desk, triaged, await member(desk, triaged.reference));
  for (const each of [triaged, asked]) {
    const by = await member(desk, each.reference);
    await act(by, each.reference, 'close', { reason: 'not-affected', typed: each.reference });
    ends.set(each === asked ? 'asked' : 'triaged', await executionEnd(desk, each.reference));
  }
  await desk.travel.to(plus(release, 2 * hour));
  for (const [stage, each] of Object.entries({ announced, received: first, advised })) {
    ends.set(stage, await publish(desk, each, await merge(desk, each)));
  }
  for (const [stage, end] of ends) check(`${stage}: gets to its end`, end === 'SUCCEEDED', end);
  const renewed = await Promise.all(
    [first, asked, triaged, advised, announced, merged].map(({ reference }) => isNew(desk, sfn, reference)),
  );
  check('by the definition that each began with', !renewed.includes(true), renewed);
}

async function recordByHand(desk: Desk, { reference }: Case, by: Visitor): Promise<void> {
  await act(by, reference, 'record-advisory', { repository: refused, url: 'GHSA-2222-3333-4444' });
  const { stage } = await stored(desk, reference);
  check(
    'an advisory that GitHub refused before the upgrade is recorded after it',
    stage === 'advised',
    stage,
  );
}

async function whatBegins(desk: Desk, sfn: SFNClient, { cases: { lost } }: Filled): Promise<void> {
  const fresh = await received(desk);
  await triage(desk, fresh);
  check('a report after the upgrade runs the new definition', await isNew(desk, sfn, fresh.reference));
  check(
    'letters after the upgrade are the new functions’',
    fresh.acknowledgement.text.includes(newSignature),
  );
  await sfn.send(new StopExecutionCommand({ executionArn: executionArn(desk, lost.reference, 1) }));
  await desk.invoke('reconcile', { full: true });
  await waitsIn(desk, lost.reference, 'AwaitTriage');
  await triage(desk, lost);
  check(
    'an execution of the old definition that is lost goes on under the new one',
    (await isNew(desk, sfn, lost.reference, 2)) && (await stored(desk, lost.reference)).stage === 'advised',
  );
}

async function drill(): Promise<void> {
  const desk = await startDesk({ folder, ports: anyPort, fresh: true, progress: say });
  try {
    const place = { endpoint: desk.addresses.endpoint, region: localRegion, credentials: localCredentials };
    const sfn = new SFNClient(place);
    say('filling the desk');
    const filled = await fill(desk);
    say('the next version');
    const { changed } = await upgrade(desk);
    check('cdk deploy puts the next version over the first', changed);
    await nothingLost(desk, filled);
    await whatBegins(desk, sfn, filled);
    await toTheEnd(desk, sfn, filled);
    await desk.quiet();
    check('nothing waits for delivery', (await desk.store.waiting(10)).length === 0);
  } finally {
    await desk.close();
  }
}

await run(drill, 18);
