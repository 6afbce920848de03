import { App } from 'aws-cdk-lib';
import { expect, test } from 'vitest';
import { emptyBundles } from '../../lib/bundling.ts';
import type { DeskConfigInput } from '../../lib/desk-config.ts';
import { DeskStack } from '../../lib/desk-stack.ts';
import { production } from './synthesise.ts';

const hostedZone = { id: 'Z0123456789ABCDEFGHIJ', name: 'openedx.example' };
const variants: Readonly<Record<string, Partial<DeskConfigInput>>> = {
  'the example': {},
  'a hosted zone and a name for links': { hostedZone, links: { base: 'https://desk.openedx.example' } },
  'a joined rule set': {
    receiving: { names: ['desk.openedx.example'], ruleSet: 'shared', afterRule: 'first' },
  },
};

test.each(Object.keys(variants))(
  'synth asks no account for anything, with nothing in the context: %s',
  async (name) => {
    const app = new App({ context: {}, analyticsReporting: false });
    new DeskStack(app, { deployment: production(variants[name]), bundles: await emptyBundles() });

    const { manifest } = app.synth();

    expect(manifest.missing ?? []).toEqual([]);
  },
);
