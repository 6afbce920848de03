import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { bundleFunctions } from '../../lib/bundling.ts';
import { loadDeployment, settingsOf } from '../../lib/config.ts';
import { configurationSetName } from '../../lib/delivery.ts';
import { DeskStack } from '../../lib/desk-stack.ts';
import { seedOf } from '../../lib/seed.ts';
import { projectRoot } from '../emulator/environment.ts';

/** A state that the definition before did not have, before the one that opens advisories. */
export const newState = 'Upgraded';
/** Functions of the upgrade sign so; letters show who sent them. */
export const newSignature = 'The upgraded desk';

/** The CDK app of a next version: a definition with one state more, functions whose settings are others. */
async function synthesise(): Promise<void> {
  const app = new App();
  const deployment = await loadDeployment(app);
  const settings = settingsOf(deployment, configurationSetName(deployment.config.stackName));
  const folder = mkdtempSync(join(tmpdir(), 'desk-upgrade-'));
  // The assembly has copies of all of it when this process ends.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const definition = JSON.parse(readFileSync(join(projectRoot, 'statemachines/disclosure.asl.json'), 'utf8'));
  definition.States[newState] = { Type: 'Pass', Next: 'OpenAdvisories' };
  definition.States.AfterTriage.Default = newState;
  const definitionFile = join(folder, 'disclosure.asl.json');
  writeFileSync(definitionFile, JSON.stringify(definition));
  const bundles = await bundleFunctions({
    settings: { ...settings, identity: { ...settings.identity, signature: newSignature } },
    seed: seedOf(deployment.config).seed,
    folder: join(folder, 'functions'),
  });
  new DeskStack(app, { deployment, bundles, definitionFile });
  app.synth();
}

if (import.meta.main) await synthesise();
