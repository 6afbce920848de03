import { randomUUID } from 'node:crypto';
import type * as sdk from '@aws-sdk/lib-dynamodb';
import { type Attributes, attributesOf, valuesOf } from './attribute-values.ts';
import { AwsError, type AwsTarget } from './aws.ts';
import { awsJson } from './aws-json.ts';

/** An operation with plain values, in the shape of the SDK's document client. */
class Command<Output> {
  readonly operation: string;
  readonly input: object;
  /** What the answer is, for the compiler. */
  declare readonly output?: Output;

  constructor(operation: string, input: object) {
    this.operation = operation;
    this.input = input;
  }
}

export class GetCommand extends Command<sdk.GetCommandOutput> {
  constructor(input: sdk.GetCommandInput) {
    super('GetItem', input);
  }
}

export class PutCommand extends Command<sdk.PutCommandOutput> {
  constructor(input: sdk.PutCommandInput) {
    super('PutItem', input);
  }
}

export class UpdateCommand extends Command<sdk.UpdateCommandOutput> {
  constructor(input: sdk.UpdateCommandInput) {
    super('UpdateItem', input);
  }
}

export class QueryCommand extends Command<sdk.QueryCommandOutput> {
  constructor(input: sdk.QueryCommandInput) {
    super('Query', input);
  }
}

export class BatchGetCommand extends Command<sdk.BatchGetCommandOutput> {
  constructor(input: sdk.BatchGetCommandInput) {
    super('BatchGetItem', input);
  }
}

/** With a token of its own, so that a repetition after a lost answer is the same transaction. */
export class TransactWriteCommand extends Command<sdk.TransactWriteCommandOutput> {
  constructor(input: sdk.TransactWriteCommandInput) {
    super('TransactWriteItems', { ClientRequestToken: randomUUID(), ...input });
  }
}

/** Nothing of a transaction was written; why is said for each of its items, in their order. */
export class TransactionCanceledException extends Error {
  override readonly name = 'TransactionCanceledException';
  readonly CancellationReasons: readonly { readonly Code?: string }[];

  constructor(cause: AwsError & { readonly CancellationReasons?: readonly { readonly Code?: string }[] }) {
    super(cause.message, { cause });
    this.CancellationReasons = cause.CancellationReasons ?? [];
  }
}

export interface Dynamo {
  /** @throws TransactionCanceledException; AwsError by the service's code */
  send<Output>(command: Command<Output>): Promise<Output>;
}

type Operations = Readonly<Record<string, readonly [object, object]>>;

/** DynamoDB with plain values; members that are undefined are left out. */
export function createDynamo(target?: AwsTarget): Dynamo {
  const call = awsJson<Operations>(
    // Attempts and delay as the SDK's client of DynamoDB has them.
    { service: 'dynamodb', target: 'DynamoDB_20120810', version: '1.0', baseDelay: 25, maxAttempts: 4 },
    target,
  );
  return {
    async send<Output>({ operation, input }: Command<Output>) {
      try {
        return plain(await call(operation, typed(input))) as Output;
      } catch (error) {
        if (error instanceof AwsError && error.name === 'TransactionCanceledException')
          throw new TransactionCanceledException(error);
        throw error;
      }
    },
  };
}

type Values = Readonly<Record<string, unknown>>;

const eachOf = (values: object, change: (value: Values) => unknown): Values =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value as Values)]));

/** An item as JSON has it → plain values. */
export const plainItem = (item: unknown): Record<string, unknown> => valuesOf(item as Attributes);

/** Plain values → DynamoDB's, wherever an operation has them. */
function typed(input: object): Values {
  return Object.fromEntries(
    Object.entries(input).map(([name, value]) => {
      switch (name) {
        case 'Item':
        case 'Key':
        case 'ExclusiveStartKey':
        case 'ExpressionAttributeValues':
          return [name, attributesOf(value)];
        case 'Keys':
          return [name, (value as readonly object[]).map(attributesOf)];
        case 'RequestItems':
          return [name, eachOf(value as object, typed)];
        case 'TransactItems':
          return [name, (value as readonly object[]).map((item) => eachOf(item, typed))];
        default:
          return [name, value];
      }
    }),
  );
}

/** DynamoDB's values → plain ones, wherever an answer has them. */
function plain(output: object): Values {
  return Object.fromEntries(
    Object.entries(output).map(([name, value]) => {
      switch (name) {
        case 'Item':
        case 'Attributes':
        case 'LastEvaluatedKey':
          return [name, plainItem(value)];
        case 'Items':
        case 'Keys':
          return [name, value.map(plainItem)];
        case 'Responses':
          return [name, eachOf(value, (items) => (items as unknown as readonly unknown[]).map(plainItem))];
        case 'UnprocessedKeys':
          return [name, eachOf(value, plain)];
        default:
          return [name, value];
      }
    }),
  );
}
