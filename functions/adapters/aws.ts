import { HttpRequest } from '@smithy/core/protocols';
import { retryMiddleware, StandardRetryStrategy } from '@smithy/core/retry';
import { Hash } from '@smithy/core/serde';
import { SignatureV4 } from '@smithy/signature-v4';
import type {
  AwsCredentialIdentity,
  HeaderBag,
  HttpResponse,
  MetadataBearer,
  Provider,
  QueryParameterBag,
} from '@smithy/types';
import { createTransport, type Transport } from './aws-transport.ts';

/** How to reach AWS where not as Lambda says it: another endpoint, other credentials, another transport. */
export interface AwsTarget {
  readonly region?: string | undefined;
  /** One address for every service, as the emulator has it. */
  readonly endpoint?: string | undefined;
  readonly credentials?: AwsCredentialIdentity | Provider<AwsCredentialIdentity> | undefined;
  /** Attempts of one call, the first among them. */
  readonly maxAttempts?: number | undefined;
  readonly transport?: Transport | undefined;
}

/** A service by the name in its signature, and by the first label of its host where that is another. */
export interface AwsService {
  readonly service: string;
  readonly host?: string;
  /** S3 signs a path as it is sent; the others sign it escaped once more. */
  readonly signsPathAsSent?: boolean;
  /** Milliseconds before the first repetition, at most; DynamoDB is quicker than the rest. */
  readonly baseDelay?: number;
  readonly maxAttempts?: number;
}

export interface AwsRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query?: QueryParameterBag;
  readonly headers?: HeaderBag;
  readonly body?: string | Uint8Array;
}

export interface AwsAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: HeaderBag;
  readonly body: Buffer;
}

/** What a service refused. Its name is the service's own code; `$metadata` is what the SDK's errors have, too. */
export class AwsError extends Error {
  override readonly name: string;
  readonly $metadata: { readonly httpStatusCode: number; readonly requestId?: string | undefined };

  constructor(code: string, message: string, answer: AwsAnswer) {
    super(message);
    this.name = code;
    const { status, headers } = answer;
    this.$metadata = {
      httpStatusCode: status,
      requestId: headers['x-amzn-requestid'] ?? headers['x-amz-request-id'],
    };
    // How long the service asks to wait: the retry reads it here.
    Object.defineProperty(this, '$response', { value: { statusCode: status, headers }, enumerable: false });
  }
}

/** Reads the refusal out of an answer, as the service's protocol says it; undefined where it is none. */
export type ErrorOf = (answer: AwsAnswer) => AwsError | undefined;

/** What a header says is believed so far: SES takes no mail above 40 MB. */
const mostStated = 64 * 1024 * 1024;

let shared: Transport | undefined;

class Sha256 extends Hash {
  constructor(secret?: ConstructorParameters<typeof Hash>[1]) {
    super('sha256', secret);
  }
}

/** Lambda's own credentials lie in its environment, renewed with each environment that it starts. */
async function credentialsOfLambda(): Promise<AwsCredentialIdentity> {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY)
    throw new Error('the environment has no AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY');
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
  };
}

const regionOf = (target: AwsTarget): string => {
  const region = target.region ?? process.env.AWS_REGION;
  if (!region) throw new Error('the environment has no AWS_REGION');
  return region;
};

/** The address of a service; `bucket` stands before the host of S3, or in the path of an endpoint of one's own. */
function addressOf({ service, host = service }: AwsService, target: AwsTarget, bucket?: string) {
  const own =
    target.endpoint ??
    process.env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ??
    process.env.AWS_ENDPOINT_URL;
  const { protocol, hostname, port, pathname } = new URL(
    own ?? `https://${bucket ? `${bucket}.` : ''}${host}.${regionOf(target)}.amazonaws.com`,
  );
  const base = pathname.replace(/\/$/, '');
  return { protocol, hostname, port, base: own && bucket ? `${base}/${bucket}` : base };
}

/**
 * One service of AWS, called with the pieces that the SDK is made of: its signature, its retries, its transport
 * (docs/adr/0017). What a service's protocol adds is little, and the SDK's clients, which carry all of them, are not
 * loaded.
 */
export function awsService(service: AwsService, errorOf: ErrorOf, target: AwsTarget = {}, bucket?: string) {
  const maxAttempts =
    target.maxAttempts ?? (Number(process.env.AWS_MAX_ATTEMPTS) || (service.maxAttempts ?? 3));
  const retryStrategy = new StandardRetryStrategy({
    maxAttempts,
    ...(service.baseDelay && { baseDelay: service.baseDelay }),
  });
  const retrying = retryMiddleware({
    maxAttempts: async () => maxAttempts,
    retryStrategy: async () => retryStrategy,
  });
  let made: SignatureV4 | undefined;
  const signer = (): SignatureV4 => {
    made ??= new SignatureV4({
      service: service.service,
      region: regionOf(target),
      credentials: target.credentials ?? credentialsOfLambda,
      sha256: Sha256,
      uriEscapePath: !service.signsPathAsSent,
      applyChecksum: service.signsPathAsSent === true,
    });
    return made;
  };

  function requestOf({ method, path, query = {}, headers = {}, body }: AwsRequest): HttpRequest {
    const { base, port, ...address } = addressOf(service, target, bucket);
    return new HttpRequest({
      ...address,
      ...(port && { port: Number(port) }),
      method,
      path: `${base}${path}`,
      query: { ...query },
      headers: {
        host: port ? `${address.hostname}:${port}` : address.hostname,
        ...headers,
        ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
        ...traceHeader(),
      },
      body,
    });
  }

  const send = async ({ request }: { readonly request: HttpRequest }) => {
    shared ??= createTransport();
    const signed = (await signer().sign(request)) as HttpRequest;
    const { response } = await (target.transport ?? shared).handle(signed);
    const answer = await answerOf(response);
    const error = errorOf(answer);
    if (error) throw error;
    return { response, output: { $metadata: {}, answer } };
  };

  return {
    /** @throws AwsError what the service refused, after the retries; else the error of the network */
    async call(request: AwsRequest): Promise<AwsAnswer> {
      const sent = retrying<MetadataBearer & { answer: AwsAnswer }>(send as never, {} as never);
      const { output } = await sent({ input: {}, request: requestOf(request) });
      return output.answer;
    },

    /** An address that does this request until `seconds` have passed, for whoever holds it. */
    async presign(request: AwsRequest, seconds: number): Promise<string> {
      const unsigned = requestOf({
        ...request,
        headers: { ...request.headers, 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' },
      });
      delete unsigned.headers['x-amzn-trace-id'];
      const { protocol, hostname, port, path, query } = await signer().presign(unsigned, {
        expiresIn: seconds,
      });
      const pairs = Object.entries(query ?? {}).map(
        ([name, value]) => `${encodeURIComponent(name)}=${strictly(String(value))}`,
      );
      return `${protocol}//${hostname}${port ? `:${port}` : ''}${path}?${pairs.join('&')}`;
    },
  };
}

/** Percent-encoding as a signature has it (RFC 3986): more than `encodeURIComponent` encodes. */
export const strictly = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);

/** By the trace AWS sees functions that call each other in a circle, and stops them. */
function traceHeader(): HeaderBag {
  const { AWS_LAMBDA_FUNCTION_NAME, _X_AMZN_TRACE_ID } = process.env;
  return AWS_LAMBDA_FUNCTION_NAME && _X_AMZN_TRACE_ID ? { 'x-amzn-trace-id': _X_AMZN_TRACE_ID } : {};
}

/** A body whose length is stated is read into memory of that length: a mail of 40 MB is held once, not three times. */
async function answerOf({ statusCode, headers, body }: HttpResponse): Promise<AwsAnswer> {
  const stated = Number(headers['content-length'] ?? Number.NaN);
  let whole = Buffer.allocUnsafeSlow(Number.isSafeInteger(stated) && stated <= mostStated ? stated : 0);
  let length = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    if (length + chunk.length > whole.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(2 * whole.length, length + chunk.length));
      larger.set(whole.subarray(0, length));
      whole = larger;
    }
    whole.set(chunk, length);
    length += chunk.length;
  }
  return { status: statusCode, headers, body: whole.subarray(0, length) };
}
