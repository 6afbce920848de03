import { html } from 'hono/html';
import type { Answer, Call } from '../stand-in/server.ts';
import { find } from './advisories.ts';
import { levelOf, scoreOf } from './shapes.ts';
import type { GithubState, StoredAdvisory, StoredRepository } from './state.ts';

type Fragment = ReturnType<typeof html>;

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
form{display:inline-block;margin:.2rem .4rem .2rem 0}button,select,input{font:inherit;padding:.3rem .6rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.3rem 1rem}dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}
pre{white-space:pre-wrap;border:1px solid;border-radius:.4rem;padding:1rem}small{opacity:.8}`;

function page(title: string, body: Fragment | Promise<Fragment>): Answer {
  const shell = html`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${title}</title><style>${style}</style></head><body><p><small>Stand-in for GitHub, local only</small></p><h1>${title}</h1>${body}</body></html>`;
  return { status: 200, html: String(shell) };
}

/** Pages at the addresses that advisories, commits and pull requests name, so that every link opens. */
export function pages(call: Call, state: GithubState): Answer | undefined {
  if (call.method !== 'GET') return undefined;
  const [, owner, name, kind, ...rest] = decodeURIComponent(call.path).split('/');
  const repository = state.repositories[`${owner}/${name}`];
  if (!repository) return undefined;
  if (kind === undefined) return repositoryPage(repository, state);
  if (kind === 'commit') return commitPage(repository, rest[0] ?? '');
  if (kind === 'pull') return pullPage(repository, Number(rest[0]));
  if (kind === 'security' && rest[0] === 'advisories') {
    if (rest[1] === 'new') return newAdvisory(repository);
    const advisory = rest[1] ? find(state, repository.fullName, rest[1]) : undefined;
    return advisory ? advisoryPage(advisory, state) : rest[1] ? undefined : repositoryPage(repository, state);
  }
  return kind === 'tree' || kind === 'blob' ? repositoryPage(repository, state) : undefined;
}

/** All repositories: where a person begins. */
export function home(state: GithubState): Answer {
  const names = Object.keys(state.repositories).sort();
  return page(
    'Repositories',
    html`<ul>${names.map((name) => html`<li><a href="/${name}">${name}</a></li>`)}</ul>`,
  );
}

function repositoryPage(repository: StoredRepository, state: GithubState): Answer {
  const advisories = state.advisories.filter((each) => each.repository === repository.fullName);
  const branches = Object.entries(repository.branches);
  return page(
    repository.fullName,
    html`<h2>Security advisories</h2><ul>${advisories.map(
      (each) =>
        html`<li><a href="/${each.repository}/security/advisories/${each.ghsa}">${each.ghsa}</a> ${each.state}</li>`,
    )}</ul><h2>Branches</h2><ul>${branches.map(
      ([name, sha]) =>
        html`<li>${name}: <a href="/${repository.fullName}/commit/${sha}">${sha.slice(0, 10)}</a></li>`,
    )}</ul><h2>Files</h2>${Object.entries(repository.files).map(
      ([path, text]) => html`<details><summary>${path}</summary><pre>${text}</pre></details>`,
    )}`,
  );
}

function commitPage(repository: StoredRepository, sha: string): Answer | undefined {
  const commit = repository.commits[sha];
  return (
    commit &&
    page(`Commit ${sha.slice(0, 10)}`, html`<pre>${commit.message}</pre><p>${commit.login}, ${commit.at}</p>`)
  );
}

function pullPage(repository: StoredRepository, number: number): Answer | undefined {
  const pull = repository.pulls.find((each) => each.number === number);
  return (
    pull && page(`${pull.title} #${number}`, html`<p>${pull.login}, ${pull.at}</p><pre>${pull.body}</pre>`)
  );
}

/** What a person fills in where the desk was refused. */
function newAdvisory(repository: StoredRepository): Answer {
  return page(
    `New advisory in ${repository.fullName}`,
    html`<form method="post" action="/_control/open"><input type="hidden" name="form" value="yes"><input type="hidden" name="repository" value="${repository.fullName}">
<p><label>Title <input name="summary" required></label></p><p><label>Description <textarea name="description" rows="8" cols="60" required></textarea></label></p>
<p><label>CVSS vector <input name="vector" size="50"></label></p><button>Open the draft advisory</button></form>`,
  );
}

/** One form, one act: the buttons a person with the right to it has in GitHub's UI. */
function button(
  advisory: StoredAdvisory,
  act: string,
  label: string,
  control = 'advisory',
  field?: Fragment | Promise<Fragment>,
): Fragment | Promise<Fragment> {
  const back = `/${advisory.repository}/security/advisories/${advisory.ghsa}`;
  return html`<form method="post" action="/_control/${control}">
<input type="hidden" name="repository" value="${advisory.repository}"><input type="hidden" name="ghsa" value="${advisory.ghsa}">
<input type="hidden" name="act" value="${act}"><input type="hidden" name="back" value="${back}">${field ?? ''}<button>${label}</button></form>`;
}

function advisoryPage(advisory: StoredAdvisory, state: GithubState): Answer {
  const score = advisory.vector === null ? undefined : scoreOf(advisory.vector);
  const severity = score === undefined ? advisory.severity : levelOf(score);
  const fork = advisory.fork === null ? undefined : state.repositories[advisory.fork];
  const rows: readonly (readonly [string, string])[] = [
    ['State', advisory.state],
    ['Severity', `${severity ?? 'none'}${score === undefined ? '' : ` (${score})`}`],
    ['Vector', advisory.vector ?? 'none'],
    ['CVE', advisory.cve ?? (advisory.cveRequested ? 'requested' : 'none')],
    [
      'Packages',
      advisory.vulnerabilities
        .map(
          (each) =>
            `${each.package.ecosystem} ${each.package.name ?? ''} ${each.vulnerable_version_range ?? ''}`,
        )
        .join('; '),
    ],
    ['Collaborators', [...advisory.users, ...advisory.teams].join(', ') || 'none'],
    ['Credits', advisory.credits.map((each) => `${each.login} (${each.type})`).join(', ') || 'none'],
    ['Private fork', fork ? `${fork.fullName}, ${fork.pulls.length} open` : 'none'],
    ['Published', advisory.publishedAt ?? 'no'],
  ];
  return page(
    advisory.summary,
    html`<p>${advisory.ghsa} in <a href="/${advisory.repository}">${advisory.repository}</a></p>
<dl>${rows.map(([term, value]) => html`<dt>${term}</dt><dd>${value}</dd>`)}</dl><pre>${advisory.description}</pre>
${advisory.state === 'published' ? '' : buttons(advisory)}`,
  );
}

function buttons(advisory: StoredAdvisory): Fragment | Promise<Fragment> {
  const level = html`<select name="value" aria-label="Severity"><option>low</option><option>medium</option><option>high</option><option>critical</option></select>`;
  const message = html`<input name="message" aria-label="Commit message" value="Fix" required>`;
  return html`<h2>As a maintainer</h2>
${advisory.state === 'triage' ? button(advisory, 'accept', 'Accept the report as draft') : ''}
${button(advisory, 'severity', 'Change the severity', 'advisory', level)}
${button(advisory, '', 'Commit a fix to the private fork', 'fork-commit', message)}
${advisory.fork === null ? '' : button(advisory, 'merge-fork', 'Merge the private fork')}
${advisory.state === 'draft' ? button(advisory, 'publish', 'Publish the advisory') : ''}
${button(advisory, 'close', 'Close the advisory')}`;
}
