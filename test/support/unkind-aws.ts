import type { Transport } from '#adapters/aws-transport.ts';
import { readOutboxTag } from '#contracts/outbox.ts';

/** The services that intake and delivery speak to, by the names in their signatures. */
export const services = ['dynamodb', 's3', 'ses', 'states'] as const;
export type Service = (typeof services)[number];

/** What may go wrong with one call: turned away, broken inside, or done and the answer lost on the way back. */
export const fates = ['throttled', 'broken', 'lost'] as const;
export type Fate = (typeof fates)[number];

type Request = Parameters<Transport['handle']>[0];
interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** The refusals as each service words them. */
const refusals: Readonly<Record<Service, Readonly<Record<'throttled' | 'broken', Answer>>>> = {
  dynamodb: {
    throttled: {
      status: 400,
      body: '{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slowly"}',
    },
    broken: {
      status: 500,
      body: '{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"broken"}',
    },
  },
  states: {
    throttled: { status: 400, body: '{"__type":"ThrottlingException","message":"slowly"}' },
    broken: { status: 500, body: '{"__type":"InternalFailure","message":"broken"}' },
  },
  ses: {
    throttled: {
      status: 400,
      body: '<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Maximum sending rate exceeded.</Message></Error></ErrorResponse>',
    },
    broken: {
      status: 500,
      body: '<ErrorResponse><Error><Code>InternalFailure</Code><Message>broken</Message></Error></ErrorResponse>',
    },
  },
  s3: {
    throttled: {
      status: 503,
      body: '<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>',
    },
    broken: { status: 500, body: '<Error><Code>InternalError</Code><Message>broken</Message></Error>' },
  },
};

/** One mail that SES took, by the outbox tag in its header. */
export interface SentMail {
  readonly tag: string;
  readonly sesId: string;
}

/**
 * AWS as the desk's own adapters meet it on the wire: S3, SES and Step Functions in memory, DynamoDB in `database`
 * (dynoxide, which keeps conditions and transactions as DynamoDB does). Before each call `fateOf` says what becomes
 * of it; a lost answer is lost after the call was done.
 */
export class UnkindAws implements Transport {
  readonly objects = new Map<string, { readonly body: Uint8Array; readonly at: string }>();
  readonly mails: SentMail[] = [];
  /** How often an execution of a name was started. */
  readonly executions = new Map<string, number>();
  /** How often each service met each fate. */
  readonly met: Record<Service, Record<Fate, number>>;
  readonly #database: Transport;
  readonly #endpoint: URL;
  readonly #fateOf: (service: Service) => Fate | undefined;
  readonly #now: () => string;

  constructor(options: {
    readonly database: Transport;
    readonly endpoint: string;
    readonly fateOf: (service: Service) => Fate | undefined;
    readonly now: () => string;
  }) {
    this.#database = options.database;
    this.#endpoint = new URL(options.endpoint);
    this.#fateOf = options.fateOf;
    this.#now = options.now;
    const none = () => ({ throttled: 0, broken: 0, lost: 0 });
    this.met = { dynamodb: none(), s3: none(), ses: none(), states: none() };
  }

  async handle(request: Request): ReturnType<Transport['handle']> {
    const service = serviceOf(request);
    const fate = this.#fateOf(service);
    if (fate) this.met[service][fate]++;
    if (fate === 'throttled' || fate === 'broken') return respond(refusals[service][fate]);
    const done = await this.#do(service, request);
    if (fate !== 'lost') return done;
    // Read to its end all the same: the connection goes back to the pool.
    for await (const _ of done.response.body ?? []);
    throw Object.assign(new Error('the answer was lost'), { code: 'ECONNRESET' });
  }

  async #do(service: Service, request: Request): ReturnType<Transport['handle']> {
    switch (service) {
      case 'dynamodb': {
        const { protocol, hostname, port } = this.#endpoint;
        return this.#database.handle(Object.assign(request, { protocol, hostname, port: Number(port) }));
      }
      case 's3':
        return respond(this.#store(request));
      case 'ses':
        return respond(this.#send(request));
      case 'states':
        return respond(this.#run(request));
    }
  }

  #store({ method, path, query, headers, body }: Request): Answer {
    const key = decodeURIComponent(path.slice(1));
    if (method === 'GET' && query?.['list-type']) return this.#list(String(query.prefix));
    if (method === 'DELETE') {
      this.objects.delete(key);
      return { status: 204 };
    }
    const source = headers['x-amz-copy-source'];
    const from = source && decodeURIComponent(source.slice(source.indexOf('/') + 1));
    const held = this.objects.get(from || key);
    const missing: Answer = { status: 404, body: '<Error><Code>NoSuchKey</Code></Error>' };
    if (method === 'GET') {
      const range = /^bytes=0-(\d+)$/.exec(headers.range ?? '');
      if (!held) return missing;
      if (range && held.body.length === 0)
        return { status: 416, body: '<Error><Code>InvalidRange</Code></Error>' };
      return range
        ? { status: 206, body: held.body.slice(0, Number(range[1]) + 1) }
        : { status: 200, body: held.body };
    }
    if (from && !held) return missing;
    this.objects.set(key, { body: held && from ? held.body : new Uint8Array(body), at: this.#now() });
    return from
      ? { status: 200, body: '<CopyObjectResult><ETag>"x"</ETag></CopyObjectResult>' }
      : { status: 200 };
  }

  #list(prefix: string): Answer {
    const found = [...this.objects].filter(([key]) => key.startsWith(prefix));
    const contents = found.map(
      ([key, { body, at }]) =>
        `<Contents><Key>${key}</Key><LastModified>${at}</LastModified><Size>${body.length}</Size></Contents>`,
    );
    return { status: 200, body: `<ListBucketResult>${contents.join('')}</ListBucketResult>` };
  }

  #send({ body }: Request): Answer {
    const raw = Buffer.from(new URLSearchParams(String(body)).get('RawMessage.Data') ?? '', 'base64');
    const head = raw.toString('latin1').replace(/\r\n[ \t]+/g, ' ');
    const tag = /^X-SES-MESSAGE-TAGS:\s*outbox=(\S+)/im.exec(head)?.[1] ?? '';
    if (!readOutboxTag(tag))
      return {
        status: 400,
        body: '<ErrorResponse><Error><Code>MessageRejected</Code></Error></ErrorResponse>',
      };
    const sesId = `ses-${this.mails.length + 1}`;
    this.mails.push({ tag, sesId });
    return {
      status: 200,
      body: `<SendRawEmailResponse><SendRawEmailResult><MessageId>${sesId}</MessageId></SendRawEmailResult></SendRawEmailResponse>`,
    };
  }

  #run({ headers, body }: Request): Answer {
    const operation = headers['x-amz-target']?.split('.')[1];
    const { name, executionArn } = JSON.parse(String(body)) as { name?: string; executionArn?: string };
    if (operation === 'StartExecution' && name) {
      const running = this.executions.has(name);
      if (!running) this.executions.set(name, 1);
      return running
        ? { status: 400, body: '{"__type":"ExecutionAlreadyExists","message":"it runs"}' }
        : { status: 200, body: JSON.stringify({ executionArn: name, startDate: 0 }) };
    }
    if (operation === 'DescribeExecution')
      return this.executions.has(executionArn?.split(':').at(-1) ?? '')
        ? { status: 200, body: '{"status":"RUNNING"}' }
        : { status: 400, body: '{"__type":"ExecutionDoesNotExist","message":"none"}' };
    return { status: 200, body: '{"executions":[]}' };
  }
}

/** By the scope of the signature, which names it whatever the host is. */
function serviceOf({ headers }: Request): Service {
  const name = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? '')?.[1];
  const found = services.find((service) => service === name);
  if (!found) throw new RangeError(`nobody stands for the service ${name}`);
  return found;
}

const respond = ({ status, headers = {}, body = '' }: Answer): Awaited<ReturnType<Transport['handle']>> =>
  ({ response: { statusCode: status, headers, body: [Buffer.from(body)] } }) as never;
