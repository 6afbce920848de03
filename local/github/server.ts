import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Contract, type Json } from '../stand-in/contract.ts';
import { type Running, startStandIn } from '../stand-in/server.ts';
import { accessHandlers, guard, limitHeaders } from './access.ts';
import { advisoryHandlers, documentation } from './advisories.ts';
import { home, pages } from './pages.ts';
import { type PeopleTools, people } from './people.ts';
import { repositoryHandlers } from './repositories.ts';
import { inVersion, Shapes } from './shapes.ts';
import { emptyState, type GithubSeed, type GithubState, plant, type StoredAdvisory } from './state.ts';

export interface GithubOptions {
  /** 0 chooses a free one. */
  readonly port: number;
  readonly host?: string;
  /** The desk's clock in milliseconds: what advisories and commits are dated with. */
  readonly now: () => number;
  readonly seed?: GithubSeed;
  /** JSON file that keeps the state over restarts; it wins over the seed. */
  readonly stateFile?: string;
  readonly log?: (line: string) => void;
  /** Where webhooks go; also settable by `POST /_control/webhooks`. */
  readonly webhook?: { readonly url: string; readonly secret: string };
}

export type RunningGithub = Running<GithubState>;

let contract: Contract | undefined;

/** GitHub's published description (`@octokit/openapi`), read once a process: 13 MB, a quarter of a second. */
function githubContract(): Contract {
  const file = createRequire(import.meta.url).resolve('@octokit/openapi/generated/api.github.com.json');
  contract ??= new Contract(JSON.parse(readFileSync(file, 'utf8')) as Json);
  return contract;
}

/**
 * GitHub on the loopback: advisories, repositories, teams and users as the desk meets them, every request and
 * answer checked against `@octokit/openapi`. People's acts and failures are ordered under `/_control/`.
 */
export async function startGithub(options: GithubOptions): Promise<RunningGithub> {
  const described = githubContract();
  const at = (): string => new Date(options.now()).toISOString();
  const running = await startStandIn<GithubState>(
    {
      port: options.port,
      contract: described,
      ...(options.host === undefined ? {} : { host: options.host }),
      ...(options.stateFile === undefined ? {} : { stateFile: options.stateFile }),
      ...(options.log === undefined ? {} : { log: options.log }),
      ...(options.webhook === undefined ? {} : { webhooks: [options.webhook] }),
      initial() {
        const state = {
          ...emptyState(),
          ...(options.seed?.hourlyLimit ? { hourlyLimit: options.seed.hourlyLimit } : {}),
        };
        plant(state, options.seed ?? {}, at());
        return state;
      },
    },
    ({ webhook, state }) => {
      const shapes = new Shapes(described, state);
      const tools = toolsOf(shapes, state, at, webhook);
      return {
        handlers: {
          ...advisoryHandlers(tools),
          ...repositoryHandlers(shapes),
          ...accessHandlers(shapes),
          'apps/get-webhook-config-for-app': () => ({
            status: 200,
            body: {
              content_type: 'json',
              insecure_ssl: '0',
              secret: '********',
              url: options.webhook?.url ?? '',
            },
          }),
          // The API's root is where a person opens the stand-in.
          'meta/root': (_call, current) => home(current),
        },
        adapted: (answer, { headers }) =>
          'body' in answer
            ? { ...answer, body: inVersion(answer.body, headers['x-github-api-version'] ?? '') }
            : answer,
        guard,
        headers: (_call, current) => limitHeaders(current),
        control: people(tools),
        pages,
        refused: (problems, operation) => ({
          status: operation ? 422 : 404,
          body: {
            message: operation ? `Invalid request.\n\n${problems.join('\n')}` : 'Not Found',
            documentation_url: documentation,
            status: operation ? '422' : '404',
          },
        }),
        // A missing team is 404 in reality; the description of its members names only 200.
        undescribed: (operation, answer) =>
          answer.html !== undefined ||
          (operation.id === 'teams/list-members-in-org' && answer.status === 404),
        webhookHeaders: (event, id, signature) => ({
          'x-github-event': event,
          'x-github-delivery': id,
          'x-hub-signature-256': signature,
          'user-agent': 'GitHub-Hookshot/stand-in',
        }),
      };
    },
  );
  return running;
}

type Webhook = (event: string, described: string | undefined, body: unknown) => void;

function toolsOf(shapes: Shapes, state: GithubState, at: () => string, webhook: Webhook): PeopleTools {
  const advisoryEvent = (action: 'published' | 'reported') => (advisory: StoredAdvisory, base: string) => {
    const repository = state.repositories[advisory.repository];
    if (!repository) return;
    webhook('repository_advisory', `repository-advisory-${action}`, {
      action,
      repository_advisory: shapes.advisory(base, advisory),
      repository: shapes.webhookRepository(base, repository),
      sender: shapes.user(base, advisory.publisher ?? advisory.author),
    });
  };
  return {
    shapes,
    at,
    published: advisoryEvent('published'),
    reported: advisoryEvent('reported'),
    pushed: (repository, branch, before, commits, base) => {
      webhook('push', 'push', shapes.push(base, repository, branch, before, commits));
    },
  };
}
