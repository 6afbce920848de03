import { githubPages } from '#contracts/github-pages.ts';
import type { GithubPort } from '#contracts/github-port.ts';
import type { Settings } from '#contracts/settings.ts';
import { createGithub } from './github.ts';
import { readSecretFields } from './secrets.ts';

const loopback = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * GitHub through the deployment's App, made on first use and kept while the function is warm. Undefined where the
 * configuration has no App: people do on GitHub what the desk may not.
 */
export function githubApp(config: {
  readonly settings: Pick<Settings, 'github'>;
  readonly secretArn: string | undefined;
}): (() => Promise<GithubPort>) | undefined {
  const { github } = config.settings;
  const { secretArn } = config;
  if (!github || !secretArn) return undefined;
  const { apiBase, appId, installationId } = github;
  const make = async (): Promise<GithubPort> => {
    const { privateKey } = await readSecretFields(secretArn);
    if (!privateKey) throw new Error(`the secret ${github.secretName} has no privateKey`);
    return createGithub({
      baseUrl: apiBase,
      webUrl: githubPages(config.settings),
      auth: { appId, privateKey, installationId },
      // GitHub asks for a second between writes; a stand-in on this machine does not.
      paced: !loopback.has(new URL(apiBase).hostname),
    });
  };
  let held: Promise<GithubPort> | undefined;
  return () => {
    held ??= make().catch((error: unknown) => {
      held = undefined;
      throw error;
    });
    return held;
  };
}
