import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { CfnSecret, type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { allowKeyThrough, type DeskContext, type DeskFunction } from './desk-function.ts';

/** 64 letters and digits are 380 bits, read as base64url: above the 32 bytes that the link signer asks for. */
const keyShape = { excludeCharacters: `!"#$%&'()*+,-./:;<=>?@[\\]^_\`{|}~`, passwordLength: 64 };

/**
 * The keys of links, sessions, reply addresses and pseudonyms, made on the first deployment and kept for good.
 *
 * Links: `{"current": "k1", "k1": "<key>"}`. To rotate, add `k2` and make it current; remove `k1` once its last link
 * has expired, or at once to kill every link of it. Pseudonyms: one key that is never changed, as all people of the
 * record are known by it.
 */
export class LinkKeys extends Construct {
  private readonly keyring: ISecret | Secret;
  private readonly pseudonyms: ISecret | Secret;
  private readonly key: DeskContext['key'];

  constructor(scope: Construct, { recordKey, deployment }: DeskContext) {
    super(scope, 'LinkKeys');
    this.key = recordKey;
    const { linkKeys } = deployment.config.existing;
    if (linkKeys) {
      this.keyring = Secret.fromSecretCompleteArn(this, 'Keyring', linkKeys.keyringArn);
      this.pseudonyms = Secret.fromSecretCompleteArn(this, 'Pseudonyms', linkKeys.pseudonymsArn);
    } else {
      this.keyring = this.makeKeyring();
      this.pseudonyms = this.makePseudonyms();
    }
  }

  private makeKeyring(): Secret {
    const keyring = new Secret(this, 'Keyring', {
      description: 'Link and session keys of the desk, by kid',
      removalPolicy: RemovalPolicy.RETAIN,
      generateSecretString: {
        ...keyShape,
        secretStringTemplate: JSON.stringify({ current: 'k1' }),
        generateStringKey: 'k1',
      },
    });
    encryptUnder(keyring, this.key);
    const reason =
      'Rotated by adding a kid (docs/runbook.md): links already mailed have to stay valid until they expire.';
    Validations.of(keyring).acknowledge({ id: 'AwsSolutions-SMG4', reason });
    return keyring;
  }

  private makePseudonyms(): Secret {
    const pseudonyms = new Secret(this, 'Pseudonyms', {
      description: 'The key of pseudonyms and reply addresses: never change it',
      removalPolicy: RemovalPolicy.RETAIN,
      generateSecretString: keyShape,
    });
    encryptUnder(pseudonyms, this.key);
    const reason = 'A changed key would cut every person of the record off from their pseudonym.';
    Validations.of(pseudonyms).acknowledge({ id: 'AwsSolutions-SMG4', reason });
    return pseudonyms;
  }

  /** Mints and checks links, reply addresses and pseudonyms. */
  allowSigning(to: DeskFunction): void {
    to.allow({
      actions: ['secretsmanager:GetSecretValue'],
      resources: [arnOf(this.keyring), arnOf(this.pseudonyms)],
      variables: { KEYS_SECRET_ARN: arnOf(this.keyring), PSEUDONYM_SECRET_ARN: arnOf(this.pseudonyms) },
    });
    allowKeyThrough(to, 'secretsmanager', ['kms:Decrypt'], { key: this.key });
  }

  /** Knows a person by their address, no more. */
  allowPseudonyms(to: DeskFunction): void {
    to.allow({
      actions: ['secretsmanager:GetSecretValue'],
      resources: [arnOf(this.pseudonyms)],
      variables: { PSEUDONYM_SECRET_ARN: arnOf(this.pseudonyms) },
    });
    allowKeyThrough(to, 'secretsmanager', ['kms:Decrypt'], { key: this.key });
  }
}

/** Without what the library would add to the key's policy: wildcard actions for whoever the account allows them. */
function encryptUnder(secret: Secret, key: DeskContext['key']): void {
  const resource = secret.node.defaultChild;
  if (resource instanceof CfnSecret) resource.kmsKeyId = key.keyArn;
}

/** By attribute, which is the ARN everywhere; the emulator's `Ref` of a secret is its name. */
function arnOf(secret: ISecret | Secret): string {
  const resource = secret.node.defaultChild;
  return resource instanceof CfnSecret ? resource.attrId : secret.secretArn;
}
