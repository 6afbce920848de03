import { DeleteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DescribeStateMachineCommand,
  SFNClient,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { executionName } from '#adapters/lifecycle-runner.ts';
import type { Desk } from '../../local/desk.ts';
import { localCredentials, localRegion } from '../../local/emulator/environment.ts';
import { awsInbound } from '../../local/mail-gateway/aws-target.ts';
import { composeMail, sendMail } from '../../local/mail-gateway/compose.ts';
import { startInbound } from '../../local/mail-gateway/inbound.ts';
import { mailTo } from '../../local/visitor.ts';
import { plantRepositories } from '../support/maintaining.ts';
import {
  act,
  type Case,
  executionEnd,
  member,
  newReporter,
  report,
  startRunningDesk,
  stored,
  trail,
  until,
  validTriage,
  waitsIn,
} from '../support/running-desk.ts';

let desk: Desk;
let sfn: SFNClient;
let dynamo: DynamoDBClient;
beforeAll(async () => {
  desk = await startRunningDesk();
  const { endpoint } = desk.addresses;
  const aws = { endpoint, region: localRegion, credentials: localCredentials };
  sfn = new SFNClient(aws);
  dynamo = new DynamoDBClient(aws);
  await plantRepositories(desk, ['openedx/raced']);
});
afterAll(async () => {
  sfn?.destroy();
  dynamo?.destroy();
  await desk?.close();
});

/** A report whose execution waits for its triage; with the token that it waits under. */
async function waiting(): Promise<Case & { readonly token: string }> {
  const found = await report(desk);
  await waitsIn(desk, found.reference, 'AwaitTriage');
  return { ...found, token: await tokenOf(found.reference) };
}

/** The token of the current generation: those before keep theirs until they expire. */
async function tokenOf(reference: string, wait = 'AwaitTriage'): Promise<string> {
  const { generation } = await stored(desk, reference);
  const held = (await desk.store.tokens(reference)).find(
    (each) => each.wait === wait && each.generation === generation,
  );
  if (!held) throw new Error(`${reference} has no token of ${wait}`);
  return held.token;
}

/** The token of the first generation is not stored yet, for all that the desk knows. */
const forgetToken = (reference: string) =>
  dynamo.send(
    new DeleteItemCommand({
      TableName: desk.outputs.TableName ?? '',
      Key: { pk: { S: `DISC#${reference}` }, sk: { S: 'TOKEN#g1' } },
    }),
  );

const spam = { outcome: 'spam', sure: 'yes' };

/** What the state machine sends when a state begins to wait; it may come late, or of an older generation. */
const hold = (disclosure: string, generation: number, token: string): Promise<void> =>
  desk.invoke('hold-token', { disclosure, generation, correlation: disclosure, wait: 'AwaitTriage', token });

/** Somebody stops the current execution in the console of Step Functions. */
async function stop(reference: string): Promise<void> {
  const { generation } = await stored(desk, reference);
  const name = executionName(reference, generation);
  const arn = `${desk.outputs.StateMachineArn?.replace(':stateMachine:', ':execution:')}:${name}`;
  await sfn.send(new StopExecutionCommand({ executionArn: arn, error: 'Stopped', cause: 'by hand' }));
}

describe.concurrent('decisions and tokens', () => {
  test('a decision that arrives before its token is stored resolves it as soon as it is', async ({
    expect,
  }) => {
    const { reference, token } = await waiting();
    await forgetToken(reference);
    await act(await member(desk, reference), reference, 'triage', spam);
    await until('the decision is delivered', async () =>
      (await trail(desk, reference)).every(({ signals, delivery }) =>
        signals.every((_signal, at) => delivery[`S${at}`]?.state === 'sent'),
      ),
    );
    expect(await desk.runner.status(reference, 1)).toBe('RUNNING');

    await hold(reference, 1, token);

    expect(await executionEnd(desk, reference, 1)).toBe('SUCCEEDED');
  });

  test('of two decisions at once one is taken; the other sees what changed', async ({ expect }) => {
    const { reference } = await waiting();
    const [one, other] = await Promise.all([member(desk, reference), member(desk, reference)]);

    const pages = await Promise.all([
      one.act(`/d/${reference}/triage`, spam),
      other.act(`/d/${reference}/triage`, { outcome: 'advice', reply_advice: 'Escape it.' }),
    ]);

    const done = pages.filter(({ path }) => path.includes('/done/'));
    const refused = pages.filter(({ status }) => status !== 200);
    expect([done.length, refused.length]).toEqual([1, 1]);
    expect((await trail(desk, reference)).filter(({ type }) => /answer|spam/.test(type))).toHaveLength(1);
    expect(await executionEnd(desk, reference, 1)).toBe('SUCCEEDED');
  });

  test('a stale token is a no-op, and pushes out no newer one', async ({ expect }) => {
    const { reference, token } = await waiting();
    await stop(reference);
    await desk.invoke('reconcile');
    await waitsIn(desk, reference, 'AwaitTriage');
    const newer = await tokenOf(reference);

    await hold(reference, 1, token);

    expect(newer).not.toBe(token);
    expect(await tokenOf(reference)).toBe(newer);
    await act(await member(desk, reference), reference, 'triage', spam);
    expect(await executionEnd(desk, reference, 2)).toBe('SUCCEEDED');
    await trail(desk, reference);
  });

  test('a decision on an execution that was stopped holds: it ends in the one that replaces it', async ({
    expect,
  }) => {
    const { reference } = await waiting();
    await stop(reference);
    await act(await member(desk, reference), reference, 'triage', validTriage('openedx/raced'));

    await until('reconcile replaces it', async () => {
      await desk.invoke('reconcile');
      return (await stored(desk, reference)).generation === 2;
    });

    await waitsIn(desk, reference, 'AwaitAnnouncement');
    expect((await stored(desk, reference)).stage).toBe('advised');
    await stop(reference);
    await desk.invoke('reconcile');
    await waitsIn(desk, reference, 'AwaitAnnouncement');
    expect(await stored(desk, reference)).toMatchObject({ stage: 'advised', generation: 3 });
    const ours = desk.github.state.advisories.filter(({ description }) => description.includes(reference));
    const told = desk.gateway.mailbox
      .list()
      .filter(({ subject }) => subject.startsWith(`[${reference}] openedx/raced: a vulnerability`));
    expect([ours.length, told.length]).toEqual([1, 1]);
    await act(await member(desk, reference), reference, 'close', {
      reason: 'not-affected',
      typed: reference,
    });
    expect(await executionEnd(desk, reference, 3)).toBe('SUCCEEDED');
    expect((await trail(desk, reference)).filter(({ type }) => type === 'begin-generation')).toHaveLength(2);
  });
});

// By itself: so many requests at once keep the emulator busy for a while.
test('the same decision 50 times at once has one effect, and each answer says that it is done', async ({
  expect,
}) => {
  const { reference, reporter } = await waiting();
  const visitor = await member(desk, reference);

  const pages = await visitor.actAtOnce(
    `/d/${reference}/triage`,
    { outcome: 'advice', reply_advice: 'Escape it.' },
    50,
  );

  expect(pages.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
  expect(pages.filter(({ path }) => !path.includes('/done/'))).toEqual([]);
  expect(await executionEnd(desk, reference, 1)).toBe('SUCCEEDED');
  expect((await trail(desk, reference)).filter(({ type }) => type === 'answer')).toHaveLength(1);
  const answers = desk.gateway.mailbox.list(reporter).filter(({ subject }) => /An answer/.test(subject));
  expect(answers).toHaveLength(1);
}, 240_000);

test('R1: a mail whose notification was lost is found in the inbox by the full comparison', async ({
  expect,
}) => {
  const { endpoint, securityAddress } = desk.addresses;
  const target = awsInbound({
    endpoint,
    bucket: desk.outputs.BucketName ?? '',
    topicArn: desk.outputs.IntakeTopicArn ?? '',
  });
  const silent = await startInbound({
    port: 0,
    securityAddress,
    replyDomain: desk.config.mail.replyDomain,
    target: { ...target, notify: async () => {} },
    zone: desk.gateway.zone,
    now: () => desk.clock.now(),
  });
  const from = newReporter();
  const sign = desk.gateway.dkimKey;
  const raw = await composeMail({ from, to: securityAddress, subject: 'Lost', text: 'Steps.\n', sign });
  const answer = await sendMail(silent.port, raw, { from, to: securityAddress });
  await silent.close();
  const key = `in/${answer.match(/OK (\S+)/)?.[1]}`;
  expect((await desk.archive.inbox(1000)).map((each) => each.key)).toContain(key);

  await desk.invoke('reconcile', { full: true });

  const acknowledgement = await mailTo(desk.gateway.mailbox, from, /We received your report/, {
    seconds: 60,
  });
  const reference = /\[([A-Z]+-\d{4}-\d{4,})\]/.exec(acknowledgement.subject)?.[1] ?? '';
  await waitsIn(desk, reference, 'AwaitTriage');
  await desk.invoke('reconcile', { full: true });
  await desk.quiet();
  expect((await desk.archive.inbox(1000)).map((each) => each.key)).not.toContain(key);
  expect(desk.gateway.mailbox.list(from)).toHaveLength(1);
  await act(await member(desk, reference), reference, 'triage', spam);
  expect(await executionEnd(desk, reference)).toBe('SUCCEEDED');
});

test('executions that are gone altogether are replaced at the stored stage, and each gets to its end', async ({
  expect,
}) => {
  const fresh = await waiting();
  const advised = await waiting();
  await act(await member(desk, advised.reference), advised.reference, 'triage', validTriage('openedx/raced'));
  await waitsIn(desk, advised.reference, 'AwaitAnnouncement');
  await desk.quiet();
  await deleteStateMachine();
  const gone = await Promise.all([fresh, advised].map(({ reference }) => desk.runner.status(reference, 1)));

  await desk.invoke('reconcile', { full: true });

  expect(gone).toEqual(['MISSING', 'MISSING']);
  await waitsIn(desk, fresh.reference, 'AwaitTriage');
  await waitsIn(desk, advised.reference, 'AwaitAnnouncement');
  expect(await stored(desk, fresh.reference)).toMatchObject({ stage: 'received', generation: 2 });
  expect(await stored(desk, advised.reference)).toMatchObject({ stage: 'advised', generation: 2 });
  expect(await desk.runner.status(advised.reference, 2)).toBe('RUNNING');
  const drafts = desk.github.state.advisories.filter(({ description }) =>
    description.includes(advised.reference),
  );
  expect(drafts).toHaveLength(1);
  await act(await member(desk, fresh.reference), fresh.reference, 'triage', spam);
  await act(await member(desk, advised.reference), advised.reference, 'close', {
    reason: 'not-affected',
    typed: advised.reference,
  });
  expect(await executionEnd(desk, fresh.reference, 2)).toBe('SUCCEEDED');
  expect(await executionEnd(desk, advised.reference, 2)).toBe('SUCCEEDED');
  await trail(desk, fresh.reference);
  await trail(desk, advised.reference);
});

/** Somebody deletes the state machine, and it is made anew: no execution of before is known any more. */
async function deleteStateMachine(): Promise<void> {
  const stateMachineArn = desk.outputs.StateMachineArn ?? '';
  const { name, definition, roleArn, type, loggingConfiguration } = await sfn.send(
    new DescribeStateMachineCommand({ stateMachineArn }),
  );
  await sfn.send(new DeleteStateMachineCommand({ stateMachineArn }));
  await sfn.send(new CreateStateMachineCommand({ name, definition, roleArn, type, loggingConfiguration }));
}
