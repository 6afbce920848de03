import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { type Instant, instant } from '#domain/instant.ts';
import type { DeskConfig } from '../lib/desk-config.ts';
import { ConfigRefused } from '../lib/desk-config.ts';
import { openClock } from './clock.ts';
import { commandLine } from './command-line.ts';
import { loadConfig } from './desk.ts';
import { type AwsPlace, lookAtAws, targetOf } from './doctor/aws.ts';
import { examine } from './doctor/examine.ts';
import { type Finding, missing, ok, written } from './doctor/finding.ts';
import { lookAtDns, lookAtGithub, lookAtHttp } from './doctor/outside.ts';
import { type Post, postBySes, postBySmtp, testMail } from './doctor/test-mail.ts';
import type { DoctorWorld } from './doctor/world.ts';
import { localCredentials, projectRoot } from './emulator/environment.ts';

const usage = `npm run doctor -- [options]
  --json          one line of JSON a finding
  --local         look at the desk that runs on this machine
  --folder DIR    where that desk keeps its state (default: .desk)`;

/** What a running local desk writes down about itself. */
const deskState = z.object({
  desk: z.url(),
  smtp: z.string().regex(/:\d+$/),
  endpoint: z.url(),
  github: z.url(),
  discourse: z.url(),
});

/** On AWS a mail goes out, comes back in, waits for scanning and the queue. */
const awsPatienceMs = 120_000;
const localPatienceMs = 30_000;

/** How a deployment is reached, and how a mail gets there. */
export interface Reach {
  readonly config: DeskConfig;
  readonly local: boolean;
  readonly place: AwsPlace;
  readonly post: Post;
  /** The desk's clock: on this machine it may be ahead. */
  readonly now: () => Instant;
  /** Where webhooks are posted, if not at the API's own address. */
  readonly knock?: string;
  /** How long a test mail may take, milliseconds. */
  readonly patienceMs: number;
}

/** AWS, with the shell's own credentials. */
export function reachAws(config: DeskConfig): Reach {
  const place = { region: config.region };
  const now = () => instant(Date.now());
  return { config, local: false, place, post: postBySes(place), now, patienceMs: awsPatienceMs };
}

/** The desk on this machine, whose stand-ins are where GitHub and Discourse would be. @throws Error where none runs */
export function reachLocal(config: DeskConfig, folder: string): Reach {
  let text: string;
  try {
    text = readFileSync(join(folder, 'desk.json'), 'utf8');
  } catch (cause) {
    throw new Error(`No desk runs on ${folder}: npm start first.`, { cause });
  }
  const state = deskState.parse(JSON.parse(text));
  const { github, discourse } = config;
  return {
    config: {
      ...config,
      ...(github && { github: { ...github, apiBase: state.github } }),
      ...(discourse && { discourse: { ...discourse, base: state.discourse } }),
    },
    local: true,
    place: { region: config.region, endpoint: state.endpoint, credentials: localCredentials },
    post: postBySmtp(Number(state.smtp.split(':').at(-1))),
    now: openClock(join(folder, 'clock.json')).now,
    patienceMs: localPatienceMs,
    // The emulator's own host names do not resolve everywhere: the front stands for the API.
    knock: state.desk,
  };
}

/** The doctor's world as it really is. */
export function worldOf({ config, local, place, post, now, knock, patienceMs }: Reach): DoctorWorld {
  const { github, discourse, mail } = config;
  const http = lookAtHttp(discourse);
  return {
    config,
    local,
    aws: lookAtAws(place),
    dns: lookAtDns,
    github: ({ privateKey = '' }) =>
      lookAtGithub(github ?? { apiBase: '', appId: 0, installationId: 0 }, privateKey),
    http: {
      ...http,
      door: (system, base) => http.door(system, knock ?? base),
      ping: (system, base, secret) => http.ping(system, knock ?? base, secret),
    },
    testMail: ({ outputs }) =>
      testMail({
        store: createDeskStore({
          table: outputs.TableName ?? '',
          clock: { now },
          aws: targetOf(place),
        }),
        post,
        address: mail.securityAddress,
        now,
        patienceMs,
      }),
  };
}

/** The configuration, or why it cannot be deployed. */
async function readConfig(): Promise<DeskConfig | Finding> {
  try {
    return await loadConfig();
  } catch (error) {
    if (!(error instanceof ConfigRefused)) throw error;
    return missing('configuration', error.message, 'correct desk.config.ts');
  }
}

async function main(): Promise<number> {
  const { values } = commandLine(usage, {
    json: { type: 'boolean' },
    local: { type: 'boolean' },
    folder: { type: 'string' },
  });
  const config = await readConfig();
  let findings: readonly Finding[];
  if ('check' in config) findings = [config];
  else {
    const folder = resolve(values.folder ?? join(projectRoot, '.desk'));
    const reach = values.local ? reachLocal(config, folder) : reachAws(config);
    findings = [ok('configuration', 'desk.config.ts'), ...(await examine(worldOf(reach)))];
  }
  const lines = values.json
    ? findings.map((each) => `${JSON.stringify(each)}\n`).join('')
    : written(findings);
  process.stdout.write(lines);
  return findings.some(({ verdict }) => verdict === 'missing') ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    process.exitCode = await main();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  }
}
