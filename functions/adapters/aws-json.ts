import { type AwsAnswer, AwsError, type AwsService, type AwsTarget, awsService } from './aws.ts';

/** Input and output of each operation by its name, as the SDK's types have them. */
type Operations = Readonly<Record<string, readonly [object, object]>>;

/** A service that speaks AWS's JSON protocol (1.0 or 1.1): the operation in a header, one object each way. */
export interface JsonService extends AwsService {
  /** What stands before the operation's name in `X-Amz-Target`. */
  readonly target: string;
  readonly version: '1.0' | '1.1';
}

/**
 * The operations of a JSON service. Instants in an answer are numbers: seconds since the epoch.
 * @throws AwsError by the service's code; the members of a refusal (`CancellationReasons`) are members of the error
 */
export function awsJson<O extends Operations>(service: JsonService, target?: AwsTarget) {
  const { call } = awsService(service, jsonError, target);
  return async <K extends keyof O & string>(operation: K, input: O[K][0]): Promise<O[K][1]> => {
    const { body } = await call({
      method: 'POST',
      path: '/',
      headers: {
        'content-type': `application/x-amz-json-${service.version}`,
        'x-amz-target': `${service.target}.${operation}`,
      },
      body: JSON.stringify(input),
    });
    return objectIn(body) as O[K][1];
  };
}

/** The refusal of a service that answers in JSON: its code in a header or in the body, with a name space or without. */
export function jsonError(answer: AwsAnswer): AwsError | undefined {
  if (answer.status < 300) return undefined;
  const { code, __type, message, Message, ...members } = objectIn(answer.body);
  const named = [answer.headers['x-amzn-errortype'], code, __type].find((each) => each !== undefined);
  const name = String(named ?? 'UnknownError')
    .split(/[,:]/, 1)
    .join('')
    .replace(/^.*#/, '');
  return Object.assign(new AwsError(name, String(message ?? Message ?? name), answer), members);
}

/** The object that a body holds; an empty one where it holds none, as a proxy's error page does. */
function objectIn(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8') || '{}');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
