import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  type ITable,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import type { DeskContext, DeskFunction } from './desk-function.ts';

/** Sparse indexes: an item is in one only while it has the two attributes. */
const indexes = {
  /** Due rows by shard and instant: a sweep costs what is due, never what is open. */
  due: { partition: 'dueShard', sort: 'dueAt' },
  /** Events whose letters or signals still wait for delivery. */
  waits: { partition: 'waits', sort: 'waitsAt' },
  /** Lists on the members' page, and people by role. */
  list: { partition: 'list', sort: 'listAt' },
} as const;

export type IndexName = keyof typeof indexes;

const reads = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'];
const writes = ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:ConditionCheckItem'];

/** The record: one table that outlives the stack, with its stream. */
export class DisclosureTable extends Construct {
  readonly table: ITable | Table;
  private readonly key: DeskContext['key'];

  constructor(scope: Construct, { recordKey, deployment }: DeskContext) {
    super(scope, 'DisclosureTable');
    this.key = recordKey;
    const { table } = deployment.config.existing;
    this.table = table
      ? Table.fromTableAttributes(this, 'Table', { tableName: table.name, tableStreamArn: table.streamArn })
      : this.makeTable();
  }

  private makeTable(): Table {
    const made = new Table(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      // 35 days, the longest: "backups forget them after 35 days" (policy A8).
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true, recoveryPeriodInDays: 35 },
      stream: StreamViewType.NEW_IMAGE,
      timeToLiveAttribute: 'ttl',
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: this.key,
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    for (const [indexName, { partition, sort }] of Object.entries(indexes)) {
      made.addGlobalSecondaryIndex({
        indexName,
        partitionKey: { name: partition, type: AttributeType.STRING },
        sortKey: { name: sort, type: AttributeType.STRING },
        projectionType: ProjectionType.KEYS_ONLY,
      });
    }
    return made;
  }

  /** Reads, and commits: the transaction of design "parse → load → decide → commit". */
  allowCommits(to: DeskFunction, ...through: readonly IndexName[]): void {
    this.allow(to, [...reads, ...writes], through);
  }

  /** Reads the changes as they happen; the stream holds them for a day. */
  allowStream(to: DeskFunction): string {
    const streamArn = this.table.tableStreamArn ?? '';
    to.allow({
      actions: [
        'dynamodb:DescribeStream',
        'dynamodb:GetRecords',
        'dynamodb:GetShardIterator',
        'dynamodb:ListStreams',
      ],
      resources: [streamArn],
    });
    return streamArn;
  }

  private allow(to: DeskFunction, actions: readonly string[], through: readonly IndexName[]): void {
    const { tableArn, tableName } = this.table;
    to.allow({ actions, resources: [tableArn], variables: { TABLE_NAME: tableName } });
    if (through.length > 0) {
      to.allow({
        actions: ['dynamodb:Query'],
        resources: through.map((name) => `${tableArn}/index/${name}`),
      });
    }
    to.allow({
      actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey', 'kms:DescribeKey'],
      resources: [this.key.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `dynamodb.${Stack.of(this).region}.amazonaws.com` } },
    });
  }
}
