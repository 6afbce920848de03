import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { bundleFunctions, emptyBundles } from './bundling.ts';
import { loadDeployment, needsCode, settingsOf } from './config.ts';
import { configurationSetName } from './delivery.ts';
import { ConfigRefused } from './desk-config.ts';
import { DeskStack } from './desk-stack.ts';
import { seedOf } from './seed.ts';

/** The CDK app: reads the configuration, bundles the functions where a template is asked for, builds the stack. */
export async function synthesise(): Promise<void> {
  try {
    await build();
  } catch (error) {
    if (!(error instanceof ConfigRefused)) throw error;
    // What is wrong stands in the configuration, not in this program: its stack would only hide the message.
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

async function build(): Promise<void> {
  const app = new App();
  const deployment = await loadDeployment(app);
  const bundles = needsCode(app)
    ? await bundleFunctions({
        settings: settingsOf(deployment, configurationSetName(deployment.config.stackName)),
        seed: seedOf(deployment.config).seed,
      })
    : await emptyBundles();
  new DeskStack(app, { deployment, bundles });
  if (process.env.CDK_VALIDATION !== 'false') Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  app.synth();
}
