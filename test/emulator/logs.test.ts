import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { ListTopicsCommand, SNSClient, SubscribeCommand, UnsubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, ListQueuesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as messages from '../../functions/contracts/messages.ts';
import { metrics } from '../../functions/contracts/metrics.ts';
import { functionNames } from '../../lib/functions.ts';
import type { Desk } from '../../local/desk.ts';
import { localCredentials, localRegion } from '../../local/emulator/environment.ts';
import { triage } from '../../local/life-steps.ts';
import { untilTold } from '../../local/quiet.ts';
import { linkIn, mailTo } from '../../local/visitor.ts';
import { whilePaused } from '../support/paused.ts';
import { queuesOf } from '../support/queues.ts';
import {
  act,
  byLink,
  type Case,
  newReporter,
  report,
  startRunningDesk,
  stored,
  until,
  write,
} from '../support/running-desk.ts';
import { askMonitoring, functionLog } from '../support/watched.ts';

/** Words that may be in mails and on pages, never in a log. */
const canary = 'canary-zeppelin';

let desk: Desk;
let found: Case;
let mailKey: string;
/** Every line of every function's log, also of the test files that ran before this one. */
let lines: ReadonlyMap<string, readonly string[]>;

beforeAll(async () => {
  desk = await startRunningDesk();
  found = await report(desk, {
    subject: `Takeover by ${canary}-subject`,
    text: `Steps: ${canary}-body\n`,
    headers: { 'X-Secret': `${canary}-header`, Comments: `${canary}-comment` },
    attachments: [{ filename: `${canary}-file.txt`, content: `${canary}-attached` }],
  });
  await triage(desk, found);
  const reporter = await byLink(desk, found.reference, /We received your report/);
  await act(reporter, found.reference, 'add-text', { text: `${canary}-added` });
  await desk.quiet();
  mailKey = (await stored(desk, found.reference)).intakes[0] ?? '';
  lines = await until('the last line is in the logs', async () => {
    const all = await logsOf(desk);
    return (all.get('deliver') ?? []).some((line) => line.includes(mailKey)) && all;
  });
});
afterAll(async () => {
  await desk?.close();
});

async function logsOf(desk: Desk): Promise<ReadonlyMap<string, readonly string[]>> {
  const all = await Promise.all(
    functionNames.map(async (name) => [name, await functionLog(desk, name)] as const),
  );
  return new Map(all);
}

/** Structured lines of ours: each has the code of a registered message. */
const structured = (): readonly { readonly name: string; readonly line: Record<string, unknown> }[] =>
  [...lines].flatMap(([name, all]) =>
    all.flatMap((text) => {
      const json = /\{.*\}/s.exec(text)?.[0];
      try {
        const line = JSON.parse(json ?? '') as Record<string, unknown>;
        return typeof line.code === 'string' ? [{ name, line }] : [];
      } catch {
        return [];
      }
    }),
  );

test('R11: no log holds an address, a name, a word of a report, a token or a cookie', () => {
  const people = [...desk.config.members, ...desk.config.maintainers].flatMap(({ name, address }) => [
    address,
    name ?? address,
  ]);
  const operators = desk.config.operators.flatMap(({ address, instance }) => [address, instance]);
  const token = (mail: Parameters<typeof linkIn>[0]) => linkIn(mail).split('#t=')[1] ?? 'none';
  const forbidden = [
    canary,
    found.reporter,
    '@reporter.example',
    ...people,
    ...operators,
    token(found.acknowledgement),
    token(found.acknowledgement).slice(-20),
    '#t=',
    'set-cookie',
    '-----BEGIN',
  ];
  const text = [...lines.values()].flat().join('\n').toLowerCase();

  expect(text.length).toBeGreaterThan(10_000);
  expect(forbidden.filter((word) => text.includes(word.toLowerCase()))).toEqual([]);
  expect(text.match(/[\w.+-]+@[\w-]+\.example/g) ?? []).toEqual([]);
});

test('R11 (threat table, leaks): no execution, alarm, metric, event or letter holds a word of a report', async () => {
  const { endpoint, stack } = desk.addresses;
  const sfn = new SFNClient({ endpoint, region: localRegion, credentials: localCredentials });
  const stateMachineArn = desk.outputs.StateMachineArn ?? '';
  const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn }));
  const machine = await Promise.all(
    executions.map(async ({ executionArn }) => [
      await sfn.send(new DescribeExecutionCommand({ executionArn })),
      await sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 })),
    ]),
  );
  const watched = await Promise.all(
    ['DescribeAlarms', 'ListMetrics'].map((operation) => askMonitoring(desk, operation)),
  );
  const events = await desk.store.events(`DISC#${found.reference}`);
  const letters = desk.gateway.mailbox.list().map(({ id }) => desk.gateway.mailbox.raw(id)?.toString('utf8'));
  const all = { machine, watched, events, letters };

  expect(machine.length).toBeGreaterThan(0);
  expect(JSON.stringify(machine)).toContain(found.reference);
  expect(watched[0]).toContain(stack);
  expect(events.length).toBeGreaterThan(3);
  expect(letters.length).toBeGreaterThan(2);
  for (const [what, output] of Object.entries(all))
    expect.soft([what, JSON.stringify(output).toLowerCase().includes(canary)]).toEqual([what, false]);
});

test('R11 (threat table, leaks): of a mail’s header the intake queue and its topic alone hold anything, of its body and files nothing does', async () => {
  const { sqs, attributes, look } = queuesOf(desk);
  const aws = { endpoint: desk.addresses.endpoint, region: localRegion, credentials: localCredentials };
  const sns = new SNSClient(aws);
  const { QueueUrl = '', IntakeTopicArn = '', LetterEventsTopicArn = '' } = desk.outputs;
  const ofStack = (name: string): boolean => name.includes(`${desk.addresses.stack}-`);
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
  const { Topics = [] } = await sns.send(new ListTopicsCommand({}));
  const topics = Topics.flatMap(({ TopicArn = '' }) => (ofStack(TopicArn) ? [TopicArn] : []));
  const others = QueueUrls.filter((url) => ofStack(url) && url !== QueueUrl);
  // Whatever is published lands here besides, and nobody takes it away.
  const QueueName = 'witness';
  const Endpoint = `${IntakeTopicArn.split(':').slice(0, 5).join(':').replace(':sns:', ':sqs:')}:${QueueName}`;
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'sns.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: Endpoint,
      },
    ],
  });
  const { QueueUrl: witness = '' } = await sqs.send(
    new CreateQueueCommand({ QueueName, Attributes: { Policy } }),
  );
  const subscribed = await Promise.all(
    topics.map((TopicArn) => sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint }))),
  );
  const words = 'canary-dirigible';
  const attached = `${words}-attached`;
  const inside = [
    `${words}-body`,
    `${words}-file`,
    attached,
    Buffer.from(attached).toString('base64').replace(/=+$/, ''),
  ];
  const from = newReporter();

  const queued = await whilePaused(desk, 'receive-mail', async () => {
    await write(desk, from, {
      subject: `Takeover by ${words}-subject`,
      text: `Steps: ${words}-body\n`,
      headers: { 'X-Secret': `${words}-header` },
      attachments: [{ filename: `${words}-file.txt`, content: attached }],
    });
    // Its own copy of the mail in the queue.
    await desk.invoke('reconcile', { full: true });
    return (await look(QueueUrl)).map(({ Body = '' }) => Body);
  });
  await mailTo(desk.gateway.mailbox, from, /We received your report/);
  await untilTold(desk)();
  const published = (await look(witness)).map(({ Body = '' }) => Body);
  const lying = await Promise.all(others.map(async (url) => (await look(url)).map(({ Body = '' }) => Body)));
  const { KmsMasterKeyId } = await attributes(QueueUrl);
  for (const { SubscriptionArn } of subscribed) await sns.send(new UnsubscribeCommand({ SubscriptionArn }));
  // The queue itself stays: what was asked of its policy is judged when all tests are over.

  const topicOf = (body: string): unknown => JSON.parse(body).TopicArn;
  const replays = queued.filter((body) => body.startsWith('{"replay"'));
  const elsewhere = [
    ...replays,
    ...published.filter((body) => topicOf(body) !== IntakeTopicArn),
    ...lying.flat(),
  ];
  expect(topics).toEqual(expect.arrayContaining([IntakeTopicArn, LetterEventsTopicArn]));
  expect(others.length).toBeGreaterThanOrEqual(5);
  // The search finds what is there.
  for (const place of [queued, published.filter((body) => topicOf(body) === IntakeTopicArn)])
    expect(place.join('\n')).toContain(`${words}-header`);
  expect(replays).toHaveLength(1);
  expect(published.some((body) => topicOf(body) === LetterEventsTopicArn)).toBe(true);
  expect(inside.filter((word) => [...queued, ...published].join('\n').includes(word))).toEqual([]);
  expect(elsewhere.filter((body) => body.includes(words))).toEqual([]);
  expect(elsewhere.filter((body) => body.includes(canary))).toEqual([]);
  expect(KmsMasterKeyId).toBeTruthy();
});

test('one correlation id leads from the mail to the advisory, through every function on the way', () => {
  const mine = structured().filter(({ line }) => line.correlation === mailKey);
  const about = structured().filter(({ line }) => line.disclosure === found.reference);

  expect([...new Set(mine.map(({ name }) => name))].sort()).toEqual(
    expect.arrayContaining([
      'change-desk',
      'deliver',
      'hold-token',
      'notify-maintainers',
      'open-advisories',
      'receive-mail',
    ]),
  );
  const codes = mine.map(({ line }) => line.code);
  for (const message of [
    messages.mailTaken,
    messages.committed,
    messages.letterSent,
    messages.advisoryOpened,
  ])
    expect(codes).toContain(message.code);
  expect(about.filter(({ line }) => line.correlation !== mailKey)).toEqual([]);
});

test('every line of ours is a registered message, and metrics are told by their names alone', () => {
  const codes = new Set(Object.values(messages).map(({ code }) => code));
  const told = [...lines.values()].flat().flatMap((text) => {
    const json = /\{"_aws":.*\}/s.exec(text)?.[0];
    return json ? [JSON.parse(json) as Record<string, unknown>] : [];
  });

  expect(structured().filter(({ line }) => !codes.has(String(line.code)))).toEqual([]);
  expect(told.length).toBeGreaterThan(0);
  for (const { _aws, service, ...values } of told) {
    expect(_aws).toMatchObject({
      CloudWatchMetrics: [{ Namespace: 'DisclosureDesk', Dimensions: [['service']] }],
    });
    expect(service).toBe(desk.addresses.stack);
    for (const [name, value] of Object.entries(values)) {
      expect(metrics).toContain(name);
      expect(value).toEqual(expect.any(Number));
    }
  }
});
