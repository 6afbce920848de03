import type { CommitCommand } from '#commit/commit-command.ts';
import { seeAdvisory } from '#commit/see-advisory.ts';
import type { GithubPort } from '#contracts/github-port.ts';
import type { Log } from '#contracts/log.ts';
import * as messages from '#contracts/messages.ts';
import type { Clock, DeskStore } from '#contracts/ports.ts';
import type { Settings } from '#contracts/settings.ts';
import {
  type AdvisoryHook,
  advisoryHook,
  type HookAnswer,
  type HookRequest,
  headerOf,
  isHook,
  jsonOf,
  type ObserverEvent,
  type PushHook,
  pushHook,
  rawBodyOf,
} from '#contracts/webhooks.ts';
import type { Disclosure, Entry } from '#domain/disclosure.ts';
import { openEntries } from '#domain/disclosure.ts';
import { lookAtAdvisories } from './look-at-advisories.ts';
import { openReport } from './open-report.ts';

export interface ObserveGithubDeps {
  readonly store: DeskStore;
  readonly clock: Clock;
  readonly settings: Pick<Settings, 'policy' | 'identity'>;
  /** Undefined where the configuration has no GitHub App: then nothing is polled. */
  readonly github: (() => Promise<GithubPort>) | undefined;
  /** Is this the signature of these bytes? Never, where there is no secret. */
  readonly verify: (body: Uint8Array, signature: string | undefined) => Promise<boolean>;
  readonly commit: CommitCommand;
  readonly log: Log;
}

/** Takes one webhook, or looks itself at what no webhook tells: severity, closing, what was missed. */
export const observeGithub =
  (deps: ObserveGithubDeps) =>
  (event: ObserverEvent): Promise<HookAnswer> =>
    isHook(event) ? takeHook(deps, event) : poll(deps);

const taken: HookAnswer = { statusCode: 202 };

async function takeHook(deps: ObserveGithubDeps, request: HookRequest): Promise<HookAnswer> {
  const body = rawBodyOf(request);
  if (!(await deps.verify(body, headerOf(request, 'x-hub-signature-256')))) {
    deps.log(messages.webhookRejected, { system: 'github' });
    return { statusCode: 401 };
  }
  const event = headerOf(request, 'x-github-event');
  const delivery = headerOf(request, 'x-github-delivery') ?? '';
  deps.log(messages.webhookSeen, { system: 'github', event, delivery });
  if (event === 'repository_advisory') {
    const hook = advisoryHook.safeParse(jsonOf(body));
    if (!hook.success) return { statusCode: 400 };
    await seeHook(deps, hook.data);
  } else if (event === 'push') {
    const hook = pushHook.safeParse(jsonOf(body));
    if (!hook.success) return { statusCode: 400 };
    await seePush(deps, hook.data, delivery);
  }
  return taken;
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Open disclosures with their entry of a repository. */
async function entriesOf(
  deps: ObserveGithubDeps,
  repository: string,
): Promise<readonly { readonly disclosure: Disclosure; readonly entry: Entry }[]> {
  const open = await Promise.all((await deps.store.listed('open')).map((id) => deps.store.disclosure(id)));
  return open.flatMap((disclosure) => {
    const entry = disclosure && openEntries(disclosure).find((each) => same(each.repository, repository));
    return disclosure && entry ? [{ disclosure, entry }] : [];
  });
}

/** Published: a fact about the entry whose advisory it is. Reported: somebody told us through GitHub. */
async function seeHook(deps: ObserveGithubDeps, hook: AdvisoryHook): Promise<void> {
  const { action, repository, repository_advisory: advisory } = hook;
  if (action === 'reported') return openReport(deps, repository.full_name, advisory);
  if (action !== 'published') return;
  for (const { disclosure, entry } of await entriesOf(deps, repository.full_name)) {
    if (entry.advisory && same(entry.advisory.ghsa, advisory.ghsa_id))
      await seeAdvisory(deps.commit, disclosure.id, {
        repository: entry.repository,
        ghsaId: advisory.ghsa_id,
        state: 'published',
        publishedAt: advisory.published_at ?? null,
        updatedAt: advisory.updated_at ?? null,
      });
    // Opened by hand and never recorded: the look finds it by its reference line.
    else if (!entry.advisory) await lookAtAdvisories(deps, disclosure);
  }
}

/**
 * A push whose commits name the advisory (`Merge … from fork/GHSA-…`, or the private fork's name) looks like the fix
 * on that branch: a claim, never a fact (policy, "Claim and fact").
 */
async function seePush(deps: ObserveGithubDeps, hook: PushHook, delivery: string): Promise<void> {
  const branch = /^refs\/heads\/(.+)$/.exec(hook.ref)?.[1];
  if (branch === undefined) return;
  for (const { disclosure, entry } of await entriesOf(deps, hook.repository.full_name)) {
    const ghsa = entry.advisory?.ghsa.toLowerCase();
    const fix = hook.commits.findLast(({ message }) => ghsa && message.toLowerCase().includes(ghsa));
    const required = entry.branches.find(({ name }) => name === branch);
    if (!fix || !required || required.merge || required.claimed?.sha === fix.id) continue;
    await deps.commit({
      disclosure: disclosure.id,
      command: { name: 'claim-merge', repository: entry.repository, branch, sha: fix.id },
      actor: { kind: 'github' },
      cause: `github:${delivery || fix.id}`,
    });
  }
}

/** Looks at every open disclosure; the error of one never stops the others. */
async function poll(deps: ObserveGithubDeps): Promise<HookAnswer> {
  let failed = 0;
  const open = deps.github ? await deps.store.listed('open') : [];
  for (const id of open) {
    let disclosure: Disclosure | undefined;
    try {
      disclosure = await deps.store.disclosure(id);
      if (disclosure) await lookAtAdvisories(deps, disclosure);
    } catch (error) {
      failed += 1;
      const correlation = disclosure?.intakes[0] ?? id;
      deps.log(messages.sweepFailed, { disclosure: id, error: (error as Error).name, correlation });
    }
  }
  deps.log(messages.polled, { system: 'github', open: open.length, failed });
  return taken;
}
