import { resolve } from 'node:path';
import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import deskConfig from '../../desk.config.ts';
import { emptyBundles } from '../../lib/bundling.ts';
import { type Deployment, deploymentOf } from '../../lib/config.ts';
import { type DeskConfigInput, parseDeskConfig } from '../../lib/desk-config.ts';
import { DeskStack } from '../../lib/desk-stack.ts';

// The library's own validator costs seconds in each process; the nag test has one run with rules of its own.
process.env.CDK_VALIDATION = 'false';

/** Context of a local deployment, as `npm start` gives it. */
export const localContext: Readonly<Record<string, string>> = {
  local: 'true',
  clockOffsetFile: '/tmp/clock.json',
  linkBase: 'http://127.0.0.1:8080',
  githubBase: 'http://127.0.0.1:8081',
  discourseBase: 'http://127.0.0.1:8082',
};

/** The example configuration with changes laid over it. */
export const configured = (changes: Partial<DeskConfigInput> = {}) =>
  parseDeskConfig({ ...deskConfig, ...changes });

export const production = (changes: Partial<DeskConfigInput> = {}): Deployment =>
  deploymentOf(configured(changes));

export const local = (changes: Partial<DeskConfigInput> = {}): Deployment =>
  deploymentOf(configured(changes), (key) => localContext[key]);

const recommended = async (): Promise<Record<string, unknown>> => {
  const { default: cdk } = await import('../../cdk.json', { with: { type: 'json' } });
  return cdk.context;
};

/** The stack of a deployment with empty functions. */
export async function stackOf(deployment: Deployment): Promise<{ app: App; stack: Stack }> {
  const app = new App({ context: await recommended(), analyticsReporting: false });
  const definitionFile = resolve(import.meta.dirname, '../../statemachines/disclosure.asl.json');
  const stack = new DeskStack(app, { deployment, bundles: await emptyBundles(), definitionFile });
  return { app, stack };
}

export const templateOf = async (deployment: Deployment): Promise<Template> =>
  Template.fromStack((await stackOf(deployment)).stack);
