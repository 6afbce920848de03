import { randomBytes } from 'node:crypto';
import { checkDns } from './dns-checks.ts';
import { type Finding, looking, missing, notApplicable, ok, require } from './finding.ts';
import { checkDiscourse, checkGithub, checkHookUrl, checkWebhooks } from './outside-checks.ts';
import { checkReceiving, checkSending } from './ses-checks.ts';
import type { DoctorWorld, StackView } from './world.ts';

/** Without these there is nobody to ask about anything else. */
const noCredentials = /Credential|ExpiredToken|InvalidClientToken|UnrecognizedClient|SignatureDoesNotMatch/;

/**
 * Looks at a configuration and its deployment from the administrator's machine. Every check answers, whatever the
 * others found; without credentials there is one finding alone. Sends one mail, which becomes a test intake.
 */
export async function examine(world: DoctorWorld): Promise<readonly Finding[]> {
  const { aws, config } = world;
  const signIn = 'aws configure, or aws sso login; then aws sts get-caller-identity';
  let stack: StackView | undefined;
  try {
    stack = await aws.stack(config.stackName);
  } catch (error) {
    const { name, message } = error as Error;
    const found = noCredentials.test(name) ? name : `${name}: ${message.slice(0, 200)}`;
    return [missing('credentials and region', found, signIn)];
  }
  const [sending, receiving, dns, github, discourse] = await Promise.all([
    checkSending(world),
    checkReceiving(world),
    checkDns(world),
    checkGithub(world),
    checkDiscourse(world),
  ]);
  return [
    ok('credentials and region', `${stack?.account ?? 'an account'} in ${config.region}`),
    ...(await checkStack(world, stack)),
    ...sending,
    ...receiving,
    ...dns,
    ...github,
    ...discourse,
    ...(stack ? await checkRunning(world, stack) : []),
  ];
}

const settled = /^(CREATE|UPDATE|IMPORT)_COMPLETE$|^UPDATE_ROLLBACK_COMPLETE$/;

async function checkStack({ config }: DoctorWorld, stack?: StackView): Promise<readonly Finding[]> {
  const found = stack ? `${config.stackName}: ${stack.status}` : `no stack ${config.stackName}`;
  return [require('deployment', stack !== undefined && settled.test(stack.status), found, 'npx cdk deploy')];
}

/** What only a deployed desk can show. */
async function checkRunning(world: DoctorWorld, stack: StackView): Promise<readonly Finding[]> {
  const found = await Promise.all([
    checkRecord(world, stack),
    checkSchedules(world, stack),
    checkSubscriptions(world, stack),
    checkHookUrl(world, stack),
    checkWebhooks(world, stack),
    checkMail(world, stack),
  ]);
  return found.flat();
}

/** What the emulator's CloudFormation leaves out of a table and a bucket. */
const notOnTheEmulator: readonly string[] = ['backups', 'ttl', 'encrypted'];

/** Table and bucket as the stack makes them; a restored one lacks what nobody switched on again. */
async function checkRecord({ aws, local }: DoctorWorld, { outputs }: StackView): Promise<readonly Finding[]> {
  const { TableName: name = '', BucketName: bucketName = '' } = outputs;
  const equip = `npm run restore -- equip --table ${name}`;
  return looking('record', equip, async () => {
    const { table, bucket } = await aws.record(name, bucketName);
    const judge = (check: string, of: string, settings: object, mend: string): Finding => {
      const judged = Object.entries(settings).filter(([key]) => !(local && notOnTheEmulator.includes(key)));
      const lacking = judged.flatMap(([setting, on]) => (on === true ? [] : [setting]));
      const found =
        lacking.length > 0 ? `${of} lacks ${lacking.join(', ')}` : judged.map(([key]) => key).join(', ');
      return require(check, lacking.length === 0, found, mend);
    };
    return [
      judge('record', name, table, equip),
      judge('mail archive', bucketName, bucket, mendBucket(bucketName)),
    ];
  });
}

const mendBucket = (bucket: string): string =>
  `https://s3.console.aws.amazon.com/s3/buckets/${bucket}: versioning, SSE-KMS, block all public access (docs/restore.md, step 4)`;

const recurring = ['remind-maintainers', 'reconcile', 'observe-github', 'observe-discourse'];

function checkSchedules({ aws, config }: DoctorWorld, { outputs }: StackView): Promise<readonly Finding[]> {
  const group = outputs.ScheduleGroup ?? '';
  const { region } = config;
  const mend = `enable them at https://${region}.console.aws.amazon.com/scheduler/home?region=${region}#schedules, group ${group}`;
  return looking('schedules', mend, async () => {
    const schedules = await aws.schedules(group);
    const absent = recurring.filter((name) => !schedules.some((each) => each.name.startsWith(name)));
    const disabled = schedules.filter(({ enabled }) => !enabled).map(({ name }) => name);
    const flaws = [...absent.map((name) => `no ${name}`), ...disabled.map((name) => `${name} is disabled`)];
    return require('schedules', flaws.length === 0, flaws.join(', ') || `${schedules.length} enabled`, mend);
  });
}

async function checkSubscriptions(world: DoctorWorld, stack: StackView): Promise<readonly Finding[]> {
  const { aws, config, local } = world;
  const { IntakeTopicArn: topic = '', QueueUrl: queue = '' } = stack.outputs;
  // A deployment does not notice that somebody removed what it made.
  const queueArn = `arn:aws:sqs:${stack.region}:${stack.account}:${queue.split('/').at(-1)}`;
  const subscribe = `aws sns subscribe --topic-arn ${topic} --protocol sqs --notification-endpoint ${queueArn}`;
  const wired = await looking('mail notices', subscribe, async () => {
    const held = await aws.subscriptions(topic);
    const whole = held.some(({ protocol, confirmed }) => protocol === 'sqs' && confirmed);
    return require('mail notices', whole, whole ? 'reach the queue' : 'reach no queue', subscribe);
  });
  if (local) return [...wired, notApplicable('alarms', 'the emulator asks nobody to confirm')];
  const confirm = `open the mail "AWS Notification - Subscription Confirmation" and confirm, or have it sent again: aws sns subscribe --topic-arn ${stack.alarmsTopic ?? '…'} --protocol email --notification-endpoint ADDRESS`;
  const alarms = await looking('alarms', confirm, async () => {
    const held = stack.alarmsTopic ? await aws.subscriptions(stack.alarmsTopic) : [];
    const deaf = config.administrators.filter(
      (address) => !held.some(({ endpoint, confirmed }) => confirmed && endpoint.toLowerCase() === address),
    );
    const found = deaf.length > 0 ? `not confirmed: ${deaf.join(', ')}` : 'reach every administrator';
    return require('alarms', deaf.length === 0, found, confirm);
  });
  return [...wired, ...alarms];
}

function checkMail(world: DoctorWorld, stack: StackView): Promise<readonly Finding[]> {
  const mend = 'docs/runbook.md, section mail-waits';
  return looking('test mail', mend, async () => {
    const disposition = await world.testMail(stack).send(randomBytes(18).toString('base64url'));
    const found = disposition ? `became an intake of disposition ${disposition}` : 'did not become an intake';
    return require('test mail', disposition === 'test', found, mend);
  });
}
