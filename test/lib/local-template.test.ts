import { beforeAll, expect, test } from 'vitest';
import { localDifferences } from '../../lib/config.ts';
import type { Resource } from './resources.ts';
import { local, production, templateOf } from './synthesise.ts';

type Whole = {
  Resources: Record<string, Resource>;
  Outputs: Record<string, unknown>;
  [part: string]: unknown;
};
type Difference = (typeof localDifferences)[number]['name'];

/** Actions whose resource the emulator's IAM does not see. */
const unnarrowed = /SendRawEmail|SendTaskSuccess|(Create|Update|Delete)Schedule$/;

/** Takes one difference away from a template, of whichever side it is. */
const strip: Record<Difference, (template: Whole) => void> = {
  'inbound mail': (template) => {
    drop(template.Resources, (id) => id.startsWith('InboundMail'));
    drop(template.Outputs, (id) => id.startsWith('Dns'));
    withStatements(template, ({ Sid }) => Sid !== 'MailFromSes' && Sid !== 'NoticeFromSes');
  },
  'TLS-only statements': (template) =>
    withStatements(
      template,
      ({ Condition }) => JSON.stringify(Condition ?? {}) !== '{"Bool":{"aws:SecureTransport":"false"}}',
    ),
  synthesizer: (template) => {
    delete template.Parameters;
    delete template.Rules;
  },
  'SES event destination': (template) => {
    drop(template.Resources, (_, { Type }) => Type === 'AWS::SES::ConfigurationSetEventDestination');
    withStatements(template, ({ Sid }) => Sid !== 'EventsFromSes');
  },
  'unnarrowed actions': (template) =>
    withStatements(template, (statement) => {
      const narrow = [statement.Action].flat().filter((action) => !unnarrowed.test(String(action)));
      statement.Action = narrow.length === 1 ? narrow[0] : narrow;
      return narrow.length > 0;
    }),
  'gathering window': (template) => {
    for (const { Type, Properties } of Object.values(template.Resources))
      if (Type === 'AWS::Lambda::EventSourceMapping') delete Properties?.MaximumBatchingWindowInSeconds;
  },
  'clock offset': (template) => eachEnvironment(template, (variables) => delete variables.CLOCK_OFFSET_FILE),
  endpoints: (template) => {
    eachEnvironment(template, (variables) => {
      if ('LINK_BASE' in variables) variables.LINK_BASE = 'base';
    });
    template.Outputs.LinkBase = 'base';
  },
};

function drop<T>(record: Record<string, T>, which: (id: string, value: T) => boolean): void {
  for (const [id, value] of Object.entries(record)) if (which(id, value)) delete record[id];
}

// biome-ignore lint/suspicious/noExplicitAny: a statement of any policy
function withStatements(template: Whole, keep: (statement: any) => boolean): void {
  for (const [id, { Properties }] of Object.entries(template.Resources)) {
    const document = Properties?.PolicyDocument;
    if (!document) continue;
    document.Statement = document.Statement.filter(keep);
    if (document.Statement.length === 0) delete template.Resources[id];
  }
}

function eachEnvironment(template: Whole, act: (variables: Record<string, unknown>) => void): void {
  for (const { Properties } of Object.values(template.Resources)) {
    const variables = Properties?.Environment?.Variables;
    if (variables) act(variables);
  }
}

/** Where an asset lies follows from the synthesizer; dependencies on what was dropped follow from that. */
function comparable(template: Whole): Whole {
  for (const resource of Object.values(template.Resources) as { DependsOn?: unknown; Metadata?: unknown }[]) {
    delete resource.Metadata;
    const kept = [resource.DependsOn ?? []].flat().filter((id) => String(id) in template.Resources);
    if (kept.length > 0) resource.DependsOn = kept;
    else delete resource.DependsOn;
  }
  return template;
}

let here: Whole;
let there: Whole;
beforeAll(async () => {
  here = (await templateOf(local())).toJSON() as Whole;
  there = (await templateOf(production())).toJSON() as Whole;
});

/** Both templates without the differences that are known, but for one. */
function both(except?: Difference): { here: Whole; there: Whole } {
  const pair = structuredClone({ here, there });
  for (const template of [pair.here, pair.there]) {
    for (const { name } of localDifferences) if (name !== except) strip[name](template);
    comparable(template);
  }
  return pair;
}

test('the local template differs from the production one only where lib/config.ts says so', () => {
  const bare = both();
  expect(bare.here).toEqual(bare.there);
  expect(Object.keys(bare.there.Resources).length).toBeGreaterThan(100);
});

test.each(localDifferences.map(({ name }) => name))('%s is a difference that exists', (name) => {
  const bare = both(name);
  expect(bare.here).not.toEqual(bare.there);
});

test('a difference that nobody listed is found', () => {
  const bare = both();
  const [id = ''] = Object.keys(bare.here.Resources);
  delete bare.here.Resources[id];
  expect(bare.here).not.toEqual(bare.there);
});

test('each difference says why', () => {
  for (const { why } of localDifferences) expect(why.length).toBeGreaterThan(20);
});
