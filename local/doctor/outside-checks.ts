import { type Finding, looking, missing, notApplicable, ok, require } from './finding.ts';
import type { DoctorWorld, InstallationView, StackView } from './world.ts';

/** What docs/deploy.md asks of the App. */
const wanted: Readonly<Record<string, 'read' | 'write'>> = {
  administration: 'write',
  contents: 'read',
  members: 'read',
};
const events = ['push', 'repository_advisory'];
const appPage = 'https://github.com/settings/apps → Permissions & events';

const grants = (held: string | undefined, needed: 'read' | 'write'): boolean =>
  held === needed || held === 'write' || held === 'admin';

/** The App: its secret, installation, permissions, events, and each repository's advisories. */
export async function checkGithub(world: DoctorWorld): Promise<readonly Finding[]> {
  const { github, repositories } = world.config;
  if (!github) return [notApplicable('GitHub App', 'none is configured: people open advisories')];
  const create = `aws secretsmanager create-secret --name ${github.secretName} --secret-string '{"privateKey":"…","webhookSecret":"…"}'`;
  return looking('GitHub App', create, async () => {
    const secret = await world.aws.secret(github.secretName);
    if (!secret?.privateKey || !secret.webhookSecret)
      return missing('GitHub App', `${github.secretName} lacks privateKey or webhookSecret`, create);
    const view = world.github(secret);
    const installation = await view.installation();
    if (!installation || installation.suspended) {
      const found = installation ? 'is suspended' : 'is not there';
      const mend =
        'install the App (https://github.com/settings/apps → Install App), or correct github.installationId in desk.config.ts';
      return missing('GitHub App', `installation ${github.installationId} ${found}`, mend);
    }
    const found = await Promise.all(
      Object.keys(repositories).map((name) => checkRepository(view.advisoriesOf, name)),
    );
    return [
      ok('GitHub App', `App ${github.appId}, installation ${github.installationId}`),
      ...checkRights(installation),
      ...found,
    ];
  });
}

function checkRights({ permissions, events: subscribed }: InstallationView): readonly Finding[] {
  // GitHub does not list this one to every App: where it is silent, the repositories below show it.
  const advisories = permissions.repository_advisories;
  const lacking = [
    ...Object.entries(wanted).flatMap(([name, needed]) =>
      grants(permissions[name], needed) ? [] : [`${name}: ${needed}`],
    ),
    ...(advisories === undefined || grants(advisories, 'write') ? [] : ['repository_advisories: write']),
  ];
  const unheard = events.filter((event) => !subscribed.includes(event));
  return [
    require('GitHub permissions', lacking.length === 0, lacking.length === 0
      ? 'as docs/deploy.md asks'
      : `lacking ${lacking.join(', ')}`, appPage),
    require('GitHub events', unheard.length === 0, unheard.length === 0
      ? events.join(', ')
      : `not subscribed: ${unheard.join(', ')}`, appPage),
  ];
}

async function checkRepository(
  ask: (repository: string) => Promise<number>,
  repository: string,
): Promise<Finding> {
  const check = `GitHub ${repository}`;
  const [owner = ''] = repository.split('/');
  const mend = `install the App on ${repository}, with Repository security advisories: write: https://github.com/organizations/${owner}/settings/installations`;
  const [finding] = await looking(check, mend, async () => {
    const status = await ask(repository);
    return require(check, status === 200, `its advisories answer ${status}`, mend);
  });
  return finding ?? missing(check, 'not looked at', mend);
}

/** The forum's category, and the key that posts there. */
export async function checkDiscourse(world: DoctorWorld): Promise<readonly Finding[]> {
  const { discourse } = world.config;
  if (!discourse) return [notApplicable('Discourse', 'none is configured')];
  const mend = `correct discourse.base or discourse.categoryId in desk.config.ts (${discourse.base}/categories)`;
  const category = await looking('Discourse category', mend, async () => {
    const status = await world.http.category();
    const said = `category ${discourse.categoryId} answers ${status}`;
    // A category that only members see is no error: the key decides.
    const hidden = (status === 403 || status === 404) && discourse.secretName !== undefined;
    return hidden
      ? notApplicable('Discourse category', `${said} without a key`)
      : require('Discourse category', status === 200, said, mend);
  });
  return [...category, ...(await checkKey(world, discourse))];
}

async function checkKey(
  { aws, http }: DoctorWorld,
  discourse: { readonly base: string; readonly secretName?: string | undefined },
): Promise<readonly Finding[]> {
  const { secretName, base } = discourse;
  if (!secretName) return [notApplicable('Discourse key', 'none: maintainers post by a prefilled link')];
  const mend = `make a key at ${base}/admin/api/keys and put it into ${secretName}, or correct discourse.categoryId`;
  return looking('Discourse key', mend, async () => {
    const secret = await aws.secret(secretName);
    const { apiKey: key, apiUsername: username } = secret ?? {};
    if (!key || !username) return missing('Discourse key', `${secretName} lacks apiKey or apiUsername`, mend);
    const status = await http.category({ key, username });
    return require('Discourse key', status === 200, `as ${username}: ${status}`, mend);
  });
}

/** Does GitHub post to our door? The forum tells nobody where it posts. */
export async function checkHookUrl(world: DoctorWorld, stack: StackView): Promise<readonly Finding[]> {
  const { config, aws, http } = world;
  if (!config.github) return [];
  const door = http.door('github', stack.outputs.ApiUrl ?? '');
  const mend = `set the Webhook URL of the App to ${door}, and make it active: https://github.com/settings/apps`;
  const { secretName } = config.github;
  return looking('webhook URL at GitHub', mend, async () => {
    const secret = await aws.secret(secretName);
    // Without a key the check of the App says what is missing.
    if (!secret?.privateKey) return notApplicable('webhook URL at GitHub', 'no key to ask with');
    const url = await world.github(secret).hookUrl();
    return require('webhook URL at GitHub', url === door, url || 'none is set', mend);
  });
}

/** Each webhook's door, knocked at with the secret that the deployment knows. */
export async function checkWebhooks(world: DoctorWorld, stack: StackView): Promise<readonly Finding[]> {
  const { config, aws, http } = world;
  const base = stack.outputs.ApiUrl ?? '';
  const doors = [
    ['github', config.github?.secretName],
    ['discourse', config.discourse?.secretName],
  ] as const;
  const findings = doors.map(([system, secretName]) => {
    const check = `webhook of ${system}`;
    if (!secretName) return [notApplicable(check, 'no secret is configured')];
    const mend = `put webhookSecret into ${secretName}, then have ${system} post to ${base}/hooks/${system}`;
    return looking(check, mend, async () => {
      const { webhookSecret } = (await aws.secret(secretName)) ?? {};
      if (!webhookSecret) return missing(check, `${secretName} lacks webhookSecret`, mend);
      const status = await http.ping(system, base, webhookSecret);
      return require(check, status === 202, `a signed ping answers ${status}`, mend);
    });
  });
  return (await Promise.all(findings)).flat();
}
