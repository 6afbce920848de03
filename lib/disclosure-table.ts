import { RemovalPolicy } from 'aws-cdk-lib';
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
import { allowKeyThrough, type DeskContext, type DeskFunction } from './desk-function.ts';

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

/** What a function does with items of the table, in DynamoDB's words for it. */
type ItemAction = 'GetItem' | 'BatchGetItem' | 'Query' | 'PutItem' | 'UpdateItem' | 'ConditionCheckItem';

/** Every commit reads what it decides on, looks up whom its letters go to, and puts what was decided. */
const committing = ['GetItem', 'BatchGetItem', 'PutItem'] as const satisfies readonly ItemAction[];

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

  /**
   * Reads, and commits: the transaction of design "parse → load → decide → commit". Besides: `Query` for a partition's
   * events or tokens, `UpdateItem` for counters, leases and deliveries, `ConditionCheckItem` where a person acts, `list`
   * to find people by role (a letter to a group without an address is one to each member) and what is open.
   */
  allowCommits(to: DeskFunction, ...besides: readonly (ItemAction | IndexName)[]): void {
    this.allow(to, [...committing, ...besides]);
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

  /** These actions on items and queries of these indexes, nothing else of the table. */
  allow(to: DeskFunction, what: readonly (ItemAction | IndexName)[]): void {
    const { tableArn, tableName } = this.table;
    const through = what.filter((each) => each in indexes);
    const actions = what.filter((each) => !(each in indexes)).map((each) => `dynamodb:${each}`);
    to.allow({ actions, resources: [tableArn], variables: { TABLE_NAME: tableName } });
    if (through.length > 0) {
      to.allow({
        actions: ['dynamodb:Query'],
        resources: through.map((name) => `${tableArn}/index/${name}`),
      });
    }
    const keyUse = ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey', 'kms:DescribeKey'] as const;
    allowKeyThrough(to, 'dynamodb', keyUse, { key: this.key });
  }
}
