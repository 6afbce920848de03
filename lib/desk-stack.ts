import {
  CfnOutput,
  CliCredentialsStackSynthesizer,
  CustomResource,
  type IStackSynthesizer,
  Stack,
} from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { environment as seedDeskEnvironment } from '../functions/seed-desk/env.ts';
import type { Bundles } from './bundling.ts';
import type { Deployment } from './config.ts';
import { Delivery } from './delivery.ts';
import { type DeskContext, DeskFunction } from './desk-function.ts';
import { deskKey, recordKeyOf } from './desk-key.ts';
import { DisclosureLifecycle } from './disclosure-lifecycle.ts';
import { DisclosureTable } from './disclosure-table.ts';
import { InboundMail } from './inbound-mail.ts';
import { LinkKeys } from './link-keys.ts';
import { MailIntake } from './mail-intake.ts';
import { Monitoring } from './monitoring.ts';
import { Observers } from './observers.ts';
import { OutsideSystems } from './outside-systems.ts';
import { ReleaseClock } from './release-clock.ts';
import { Reminders } from './reminders.ts';
import { seedOf } from './seed.ts';
import { SignedPages } from './signed-pages.ts';

export interface DeskStackProps {
  readonly deployment: Deployment;
  readonly bundles: Bundles;
  /** For tests: another lifecycle than `statemachines/disclosure.asl.json`. */
  readonly definitionFile?: string | undefined;
}

/** The desk, composed: one stack, so that `cdk deploy` alone deploys it. */
export class DeskStack extends Stack {
  constructor(scope: Construct, { deployment, bundles, definitionFile }: DeskStackProps) {
    const { config, local } = deployment;
    super(scope, config.stackName, {
      ...(local && { synthesizer: cliCredentials() }),
      env: { region: config.region },
      description: `Disclosure desk of ${config.project} (Open edX Proposal 60)`,
    });
    const key = deskKey(this);
    const context: DeskContext = {
      deployment,
      bundles,
      key: key,
      recordKey: recordKeyOf(this, config.existing, key),
    };

    const table = new DisclosureTable(this, context);
    const linkKeys = new LinkKeys(this, context);
    const outside = new OutsideSystems(this, context);
    const intake = new MailIntake(this, { ...context, table, linkKeys });
    const clock = new ReleaseClock(this, { ...context, table });
    const { scheduleRelease } = clock;
    const lifecycle = new DisclosureLifecycle(this, {
      ...context,
      table,
      intake,
      linkKeys,
      outside,
      scheduleRelease,
      definitionFile,
    });
    const pages = new SignedPages(this, { ...context, table, intake, linkKeys });
    const { linkBase } = pages;
    const delivery = new Delivery(this, {
      ...context,
      table,
      intake,
      linkKeys,
      outside,
      lifecycle,
      linkBase,
    });
    const reminders = new Reminders(this, { ...context, table, intake, delivery, lifecycle, clock });
    const observers = new Observers(this, { ...context, table, outside, clock });
    pages.hook('github', observers.observeGithub);
    pages.hook('discourse', observers.observeDiscourse);
    seedTable(this, { ...context, table, linkKeys });
    if (!local) new InboundMail(this, { ...context, intake, delivery, linkRecords: pages.records });

    new Monitoring(this, {
      ...context,
      intake,
      lifecycle,
      delivery,
      reminders,
      pages,
      functions: [
        intake.receiveMail,
        pages.openDesk,
        pages.changeDesk,
        delivery.deliver,
        delivery.runErrands,
        delivery.observeLetters,
        ...lifecycle.functions,
        clock.releaseDeadline,
        reminders.remindMaintainers,
        reminders.reconcile,
        observers.observeGithub,
        observers.observeDiscourse,
      ],
      deadLetters: { intake: intake.deadLetters, schedules: clock.deadLetters, ...delivery.deadLetters },
    });

    const outputs = {
      TableName: table.table.tableName,
      BucketName: intake.bucket.bucketName,
      IntakeTopicArn: intake.topic.topicArn,
      LetterEventsTopicArn: delivery.lettersTopic.topicArn,
      LetterEventsQueueUrl: delivery.lettersQueue.queueUrl,
      ApiUrl: pages.api.apiEndpoint,
      ApiId: pages.api.apiId,
      LinkBase: linkBase,
      StateMachineArn: lifecycle.stateMachine.stateMachineArn,
      QueueUrl: intake.queue.queueUrl,
      ScheduleGroup: clock.group,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}

/** Its type and the interface differ in `exactOptionalPropertyTypes` alone. */
const cliCredentials = (): IStackSynthesizer => new CliCredentialsStackSynthesizer() as IStackSynthesizer;

/** Members, rota, contacts and operators go into an empty table, once; a later deployment never writes people. */
function seedTable(
  stack: Stack,
  { table, linkKeys, ...context }: DeskContext & { table: DisclosureTable; linkKeys: LinkKeys },
): void {
  const seeder = new DeskFunction(stack, {
    ...context,
    name: 'seed-desk',
    description: 'Puts the people of the configuration into an empty table, once',
    environment: seedDeskEnvironment,
    timeoutSeconds: 60,
  });
  table.allowCommits(seeder, 'list');
  linkKeys.allowSigning(seeder);
  const seeding = new CustomResource(stack, 'Seed', {
    serviceToken: seeder.function.functionArn,
    resourceType: 'Custom::Seed',
    // People's names and addresses travel in the function's own asset, never in the template.
    // Another table is looked at anew: an empty one is seeded, and a record of other keys refused.
    properties: { fingerprint: seedOf(context.deployment.config).fingerprint, table: table.table.tableName },
  });
  seeding.node.addDependency(seeder);
}
