import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { DeskConfig } from '../lib/desk-config.ts';
import type { DiscourseSeed } from './discourse/state.ts';
import { localCredentials, localRegion } from './emulator/environment.ts';
import type { GithubSeed } from './github/state.ts';

/** Secrets of the stand-ins, made at the first start of a desk and kept in its folder. */
export interface WorldSecrets {
  readonly githubKey: string;
  readonly githubPublicKey: string;
  readonly githubWebhook: string;
  readonly discourseKey: string;
  readonly discourseWebhook: string;
}

/** The account under which the desk posts in Discourse. */
export const discourseUser = 'security-desk';

export function loadSecrets(folder: string): WorldSecrets {
  const file = join(folder, 'secrets.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as WorldSecrets;
  mkdirSync(folder, { recursive: true });
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const secrets = {
    githubKey: privateKey,
    githubPublicKey: publicKey,
    githubWebhook: randomBytes(24).toString('hex'),
    discourseKey: randomBytes(24).toString('hex'),
    discourseWebhook: randomBytes(24).toString('hex'),
  };
  writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 });
  return secrets;
}

/** Puts the secrets where an administrator would: into Secrets Manager, under the configured names. */
export async function storeSecrets(
  endpoint: string,
  config: DeskConfig,
  secrets: WorldSecrets,
): Promise<void> {
  const client = new SecretsManagerClient({ endpoint, region: localRegion, credentials: localCredentials });
  const put = async (Name: string | undefined, fields: Record<string, string>): Promise<void> => {
    if (!Name) return;
    const SecretString = JSON.stringify(fields);
    try {
      await client.send(new CreateSecretCommand({ Name, SecretString }));
    } catch (error) {
      if (!(error instanceof ResourceExistsException)) throw error;
      await client.send(new PutSecretValueCommand({ SecretId: Name, SecretString }));
    }
  };
  await put(config.github?.secretName, {
    privateKey: secrets.githubKey,
    webhookSecret: secrets.githubWebhook,
  });
  await put(config.discourse?.secretName, {
    apiKey: secrets.discourseKey,
    apiUsername: discourseUser,
    webhookSecret: secrets.discourseWebhook,
  });
  client.destroy();
}

/** GitHub as the demonstration finds it: repositories of each way of saying who maintains them. */
export function githubSeed(config: DeskConfig, secrets: WorldSecrets): GithubSeed {
  const branches = [...new Set(config.branches)];
  const catalog = (owner: string): string =>
    `apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: demo\nspec:\n  owner: "${owner}"\n  type: service\n  lifecycle: production\n`;
  const repository = (name: string, files: Record<string, string> = {}) => ({
    name,
    defaultBranch: branches[0] ?? 'master',
    branches,
    files: { 'README.md': `# ${name}\n`, ...files },
  });
  return {
    repositories: [
      repository('openedx/openedx-platform', { 'catalog-info.yaml': catalog('group:platform-maintainers') }),
      repository('openedx/frontend-app-account', { '.github/CODEOWNERS': '* @kofi-mensah\n' }),
      repository('openedx/xblock'),
      repository('openedx/nobody-knows'),
    ],
    users: [
      { login: 'mary-jackson', name: 'Mary Jackson' },
      { login: 'kofi-mensah', name: 'Kofi Mensah' },
      { login: 'ada-lovelace', name: 'Ada Lovelace' },
      ...config.members.flatMap(({ github, name }) =>
        github ? [{ login: github, ...(name && { name }) }] : [],
      ),
    ],
    teams: [{ organization: 'openedx', slug: 'platform-maintainers', members: ['mary-jackson'] }],
    ...(config.github && {
      app: {
        id: config.github.appId,
        installation: config.github.installationId,
        organization: 'openedx',
        publicKey: secrets.githubPublicKey,
      },
    }),
    appIsAdmin: true,
  };
}

/** The forum: one category for announcements, which moderators see first. */
export const discourseSeed = (config: DeskConfig, secrets: WorldSecrets): DiscourseSeed => ({
  categories: [
    {
      id: config.discourse?.categoryId ?? 1,
      slug: 'security',
      name: 'Security announcements',
      moderated: false,
    },
  ],
  apiKeys: [{ key: secrets.discourseKey, username: discourseUser }],
});
