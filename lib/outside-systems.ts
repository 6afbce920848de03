import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { DeskContext, DeskFunction } from './desk-function.ts';

/** GitHub's and Discourse's secrets, which the administrator makes: known here by name alone. */
export class OutsideSystems extends Construct {
  private readonly names: { readonly GITHUB: string | undefined; readonly DISCOURSE: string | undefined };

  constructor(scope: Construct, { deployment }: DeskContext) {
    super(scope, 'OutsideSystems');
    const { github, discourse } = deployment.config;
    this.names = { GITHUB: github?.secretName, DISCOURSE: discourse?.secretName };
  }

  allowGithub(to: DeskFunction): void {
    this.allow(to, 'GITHUB');
  }

  allowDiscourse(to: DeskFunction): void {
    this.allow(to, 'DISCOURSE');
  }

  /** Nothing is granted, and the variable is absent, where the configuration names no secret. */
  private allow(to: DeskFunction, system: keyof OutsideSystems['names']): void {
    const name = this.names[system];
    if (name === undefined) return;
    const secretArn = Stack.of(this).formatArn({
      service: 'secretsmanager',
      resource: 'secret',
      resourceName: name,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    to.allow({
      actions: ['secretsmanager:GetSecretValue'],
      // AWS appends a hyphen and six characters of its own to a secret's name.
      resources: [`${secretArn}-??????`],
      variables: { [`${system}_SECRET_ARN`]: secretArn },
    });
  }
}
