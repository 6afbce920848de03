import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { unpacked } from '#adapters/packed-item.ts';

/** What one writing call to the table cost. */
export interface Write {
  /** The function that called. */
  readonly by: string;
  /** `commit`, with the type of the event that it put, or the call's own name with the kind of item. */
  readonly what: string;
  /** Write request units of the table and of its indexes. */
  readonly table: number;
  readonly indexes: number;
  /** The partition whose event or item was written. */
  readonly partition: string;
}

interface Consumed {
  readonly CapacityUnits?: number;
  readonly GlobalSecondaryIndexes?: Readonly<Record<string, { readonly CapacityUnits?: number }>>;
}

type Text = { readonly S?: string };
interface Request {
  readonly Key?: { readonly pk?: Text; readonly sk?: Text };
  readonly Item?: {
    readonly pk?: Text;
    readonly sk?: Text;
    readonly item?: { readonly M?: { readonly type?: Text } };
    /** Packed; base64, as JSON has bytes. */
    readonly z?: { readonly B?: string };
  };
  readonly TransactItems?: readonly { readonly Put?: Request }[];
}

const writing = new Set(['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'TransactWriteItems']);

/**
 * Stands between the functions and the emulator's DynamoDB, asks for the consumed capacity of every writing call, and
 * keeps it. A function calls it under its name: `http://127.0.0.1:<port>/<function>`.
 */
export async function startMeter(endpoint: string): Promise<{
  readonly url: string;
  readonly writes: Write[];
  close(): Promise<void>;
}> {
  const writes: Write[] = [];
  const server = createServer((incoming, outgoing) => {
    forward(endpoint, incoming, outgoing, (write) => writes.push(write)).catch((error: Error) =>
      outgoing.writeHead(502).end(error.message),
    );
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    writes,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

async function forward(
  endpoint: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  keep: (write: Write) => void,
): Promise<void> {
  const target = String(incoming.headers['x-amz-target']);
  const operation = target.slice(target.indexOf('.') + 1);
  const asked: Request = JSON.parse(await bodyOf(incoming));
  const metered = writing.has(operation);
  const body = JSON.stringify(metered ? { ...asked, ReturnConsumedCapacity: 'INDEXES' } : asked);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const forwarded = request(endpoint, { method: 'POST', headers: headersOf(target, body) }, resolve);
    forwarded.on('error', reject);
    forwarded.end(body);
  });
  const text = await bodyOf(answer);
  if (metered && answer.statusCode === 200) {
    const { ConsumedCapacity = [] }: { ConsumedCapacity?: Consumed | readonly Consumed[] } = JSON.parse(text);
    const by = (incoming.url ?? '').split('/')[1] ?? '';
    for (const consumed of [ConsumedCapacity].flat())
      keep({ by, ...whatOf(operation, asked), ...unitsOf(consumed) });
  }
  outgoing
    .writeHead(answer.statusCode ?? 502, {
      'content-type': answer.headers['content-type'] ?? 'application/x-amz-json-1.0',
      ...(answer.headers['x-amz-crc32'] && !metered && { 'x-amz-crc32': answer.headers['x-amz-crc32'] }),
    })
    .end(text);
}

/** A changed body has another signature: the emulator's root identity is not asked for one. */
const headersOf = (target: string, body: string) => ({
  'content-type': 'application/x-amz-json-1.0',
  'content-length': Buffer.byteLength(body),
  'x-amz-target': target,
  'x-amz-date': '20260101T000000Z',
  authorization:
    'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
});

function unitsOf({ CapacityUnits = 0, GlobalSecondaryIndexes = {} }: Consumed) {
  const indexes = Object.values(GlobalSecondaryIndexes).reduce(
    (sum, index) => sum + (index.CapacityUnits ?? 0),
    0,
  );
  return { table: CapacityUnits - indexes, indexes };
}

function typeOf({ item, z }: NonNullable<Request['Item']>): string {
  const { type } = (unpacked({
    ...(z?.B && { z: Buffer.from(z.B, 'base64') }),
    item: { type: item?.M?.type?.S },
  }) ?? {}) as { type?: string };
  return type ?? '';
}

function whatOf(operation: string, asked: Request): Pick<Write, 'what' | 'partition'> {
  const event = asked.TransactItems?.find(({ Put }) => Put?.Item?.sk?.S?.startsWith('EVENT#'))?.Put?.Item;
  if (event) return { what: `commit ${typeOf(event)}`, partition: event.pk?.S ?? '' };
  const key = asked.Key ?? asked.Item;
  const kind = key?.sk?.S?.split('#')[0];
  return { what: `${operation} ${kind}`, partition: key?.pk?.S ?? '' };
}
