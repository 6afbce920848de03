import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Desk } from '../../local/desk.ts';
import { localCredentials, localRegion } from '../../local/emulator/environment.ts';
import { type Removed, removed } from '../../local/grants/removed.ts';
import { mailTo } from '../../local/visitor.ts';
import {
  executionEnd,
  newReporter,
  report,
  startRunningDesk,
  until,
  write,
} from '../support/running-desk.ts';

/** The grants are taken out of the deployed template for real; local/grants.ts does it for all others by evaluation. */
let desk: Desk;
let client: CloudFormationClient;
let s3: S3Client;
let whole: string;
beforeAll(async () => {
  desk = await startRunningDesk();
  const aws = { endpoint: desk.addresses.endpoint, region: localRegion, credentials: localCredentials };
  client = new CloudFormationClient(aws);
  s3 = new S3Client({ ...aws, forcePathStyle: true });
  const { TemplateBody } = await client.send(new GetTemplateCommand({ StackName: desk.config.stackName }));
  whole = TemplateBody ?? '';
});
afterAll(async () => {
  client?.destroy();
  s3?.destroy();
  await desk?.close();
});

interface Template {
  readonly Resources: Record<string, { readonly Properties?: Record<string, unknown> }>;
}
interface RawStatement {
  readonly Sid?: string;
  Action: string | string[];
}

/** By the bucket, as a template of this size has to. */
async function deployTemplate(body: string): Promise<void> {
  const StackName = desk.config.stackName;
  const Bucket = desk.outputs.BucketName ?? '';
  const Key = 'derived/template.json';
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: body }));
  await client.send(
    new UpdateStackCommand({
      StackName,
      TemplateURL: `${desk.addresses.endpoint}/${Bucket}/${Key}`,
      Capabilities: ['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM'],
    }),
  );
  await until('the stack is updated', async () => {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName }));
    const status = Stacks?.[0]?.StackStatus ?? '';
    if (/FAILED|ROLLBACK/.test(status)) throw new Error(`the stack is ${status}`);
    return status === 'UPDATE_COMPLETE';
  });
}

/** The template without one action in one policy. */
function without({ policy, action, statement }: Removed): string {
  const template = JSON.parse(whole) as Template;
  const [, { Properties = {} } = {}] =
    Object.entries(template.Resources).find(([id]) => new RegExp(`^${policy}[0-9A-F]{8}$`).test(id)) ?? [];
  const document = (Properties.PolicyDocument ?? Properties.KeyPolicy) as { Statement: RawStatement[] };
  let taken = 0;
  for (const each of document.Statement) {
    if (statement !== undefined && each.Sid !== statement) continue;
    const actions = [each.Action].flat();
    taken += actions.filter((one) => one === action).length;
    each.Action = actions.filter((one) => one !== action);
  }
  document.Statement = document.Statement.filter(({ Action }) => Action.length > 0);
  expect(taken).toBeGreaterThan(0);
  return JSON.stringify(template);
}

/** What the emulator refused so far, as `<role or service>: <action>`. */
const refusals = (): readonly string[] =>
  readFileSync(join(inject('deskPlace').folder, 'emulator', 'requests', 'requests.jsonl'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { who: string; action: string; allowed: boolean })
    .filter(({ allowed }) => !allowed)
    .map(({ who, action }) => `${who}: ${action}`);

/**
 * Writes to the desk while a grant is gone; answers how the reporter's mailbox stood when the refusal was seen.
 * @param fails what else has to be seen before the grant is back, as others may have been refused before
 */
async function lifeWithout(
  grant: Removed,
  refused: RegExp,
  fails: (reporter: string) => Promise<unknown> = async () => {},
): Promise<{ reporter: string; letters: number }> {
  await deployTemplate(without(grant));
  try {
    const reporter = newReporter();
    await write(desk, reporter);
    await until(`${grant.action} is refused`, () => refusals().some((each) => refused.test(each)));
    await fails(reporter);
    return { reporter, letters: desk.gateway.mailbox.list(reporter).length };
  } finally {
    await deployTemplate(whole);
  }
}

test('without the grant to send, nobody is acknowledged; with it they are again', async () => {
  const { letters } = await lifeWithout(removed.sending, /DeliverRole.*: ses:SendRawEmail$/);

  expect(letters).toBe(0);
  await report(desk);
});

test('without the grant to invoke, an execution fails at its first state; reconcile replaces it', async () => {
  let reference = '';
  await lifeWithout(
    removed.invoking,
    /DisclosureLifecycleRole.*: lambda:InvokeFunction$/,
    async (reporter) => {
      const wanted = /We received your report/;
      const { subject } = await mailTo(desk.gateway.mailbox, reporter, wanted, { seconds: 60 });
      reference = /\[([A-Z]+-\d{4}-\d{4,})\]/.exec(subject)?.[1] ?? '';
      expect(await executionEnd(desk, reference, 1)).toBe('FAILED');
    },
  );

  expect((await desk.store.tokens(reference)).length).toBe(0);
  await until('the next execution waits for triage', async () => {
    await desk.invoke('reconcile', { full: true });
    return (await desk.store.tokens(reference)).length > 0;
  });
});

test('without the key for the topic, a mail is taken in by nobody', async () => {
  const { reporter, letters } = await lifeWithout(
    removed.encrypting,
    /^sns\.amazonaws\.com: kms:GenerateDataKey$/,
  );

  expect(letters).toBe(0);
  const waiting = await desk.archive.inbox(1000);
  expect(waiting.length).toBeGreaterThan(0);
  expect(desk.gateway.mailbox.list(reporter)).toEqual([]);
  // Reconcile takes it up after half an hour; the tests after this one do not wait for that.
  await desk.archive.remove(waiting.map(({ key }) => key));
});
