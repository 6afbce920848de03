import type * as sdk from '@aws-sdk/client-secrets-manager';
import { awsJson } from './aws-json.ts';

type Operations = {
  readonly GetSecretValue: readonly [sdk.GetSecretValueRequest, { readonly SecretString?: string }];
};

const call = awsJson<Operations>({ service: 'secretsmanager', target: 'secretsmanager', version: '1.1' });

/** Reads one secret as text. The value is never logged; an error names the secret only. */
export async function readSecret(id: string): Promise<string> {
  const { SecretString } = await call('GetSecretValue', { SecretId: id });
  if (!SecretString) throw new Error(`the secret ${id} has no text`);
  return SecretString;
}

/** Reads one secret that holds a JSON object of texts. */
export async function readSecretFields(id: string): Promise<Readonly<Record<string, string>>> {
  const value: unknown = JSON.parse(await readSecret(id));
  if (typeof value !== 'object' || value === null) throw new Error(`the secret ${id} is not a JSON object`);
  return value as Record<string, string>;
}

/** The secret that signs a system's webhooks, read once; empty where there is none, and no signature is right then. */
export function webhookSecret(id: string | undefined): () => Promise<string> {
  let held: Promise<string> | undefined;
  return () => {
    if (id === undefined) return Promise.resolve('');
    held ??= readSecretFields(id).then(
      ({ webhookSecret: secret = '' }) => secret,
      (error: unknown) => {
        held = undefined;
        throw error;
      },
    );
    return held;
  };
}
