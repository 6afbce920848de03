import type { Desk } from '../../local/desk.ts';
import { localCredentials, localRegion } from '../../local/emulator/environment.ts';

const signedFor = (service: string): string =>
  `AWS4-HMAC-SHA256 Credential=${localCredentials.accessKeyId}/20260101/${localRegion}/${service}/aws4_request, SignedHeaders=host, Signature=0`;

/** Every line of a function's log, oldest first; none of a function that never ran. */
export async function functionLog({ addresses }: Desk, name: string): Promise<readonly string[]> {
  const logGroupName = `/aws/lambda/${addresses.stack}-${name}`;
  const found: string[] = [];
  let nextToken: string | undefined;
  do {
    const answer = await fetch(addresses.endpoint, {
      method: 'POST',
      body: JSON.stringify({ logGroupName, ...(nextToken && { nextToken }) }),
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'Logs_20140328.FilterLogEvents',
        authorization: signedFor('logs'),
      },
    });
    // A function that never ran has no log.
    if (!answer.ok) return found;
    const page = (await answer.json()) as { events?: { message: string }[]; nextToken?: string };
    found.push(...(page.events ?? []).map(({ message }) => message));
    nextToken = page.nextToken;
  } while (nextToken);
  return found;
}

/** An answer of CloudWatch, as it is written in JSON. */
export async function askMonitoring(
  { addresses }: Desk,
  operation: string,
  input: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const answer = await fetch(addresses.endpoint, {
    method: 'POST',
    body: JSON.stringify(input),
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `GraniteServiceVersion20100801.${operation}`,
      authorization: signedFor('monitoring'),
    },
  });
  if (!answer.ok) throw new Error(`${operation} answered ${answer.status}`);
  return answer.text();
}

/** What an alarm of the deployment looks at. */
export interface Watched {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
}

/** One alarm by its name behind the stack's, as CloudWatch has it. */
export async function alarmOf(desk: Desk, name: string): Promise<Watched | undefined> {
  const AlarmNames = [`${desk.addresses.stack}-${name}`];
  const { MetricAlarms } = JSON.parse(await askMonitoring(desk, 'DescribeAlarms', { AlarmNames })) as {
    readonly MetricAlarms: readonly Watched[];
  };
  return MetricAlarms[0];
}
