import { CfnOutput, CustomResource, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CnameRecord, HostedZone, type IHostedZone, MxRecord, TxtRecord } from 'aws-cdk-lib/aws-route53';
import { CfnReceiptRule, CfnReceiptRuleSet } from 'aws-cdk-lib/aws-ses';
import { Construct } from 'constructs';
import { environment } from '../functions/activate-inbound/env.ts';
import type { Delivery } from './delivery.ts';
import { type DeskContext, DeskFunction } from './desk-function.ts';
import type { MailIntake } from './mail-intake.ts';

/** One DNS record, to be made or to be copied. */
export interface DnsRecord {
  /** Letters and digits; names the resource or the output. */
  readonly id: string;
  readonly type: 'CNAME' | 'MX' | 'TXT';
  readonly name: string;
  readonly value: string;
  readonly priority?: number;
  /** The domain it lies under, where its name is known only to AWS. */
  readonly under?: string;
}

export interface InboundMailProps extends DeskContext {
  readonly intake: MailIntake;
  readonly delivery: Delivery;
  readonly linkRecords: readonly DnsRecord[];
}

/**
 * What lies between the world's mail and our bucket: receipt rule, its activation, and DNS. Left out of a local
 * deployment, whose mail gateway does the same.
 */
export class InboundMail extends Construct {
  readonly ruleName: string;
  readonly ruleSetName: string;

  constructor(scope: Construct, props: InboundMailProps) {
    super(scope, 'InboundMail');
    const { receiving, mail } = props.deployment.config;
    const { stackName, partition, region, account } = Stack.of(this);
    this.ruleName = `${stackName}-inbox`;
    this.ruleSetName = receiving.ruleSet ?? `${stackName}-rules`;

    const ruleArn = `arn:${partition}:ses:${region}:${account}:receipt-rule-set/${this.ruleSetName}:receipt-rule/${this.ruleName}`;
    props.intake.acceptFromSes(ruleArn);
    const rule = new CfnReceiptRule(this, 'Rule', {
      ruleSetName: this.ruleSetName,
      ...(receiving.afterRule !== undefined && { after: receiving.afterRule }),
      rule: {
        name: this.ruleName,
        enabled: true,
        recipients: [mail.securityAddress, mail.replyDomain],
        scanEnabled: true,
        // A reporter's old server is better heard in the clear than not at all.
        tlsPolicy: 'Optional',
        // The notice carries verdicts and key, never the body: an SNS action would send the mail along.
        actions: [
          {
            s3Action: {
              bucketName: props.intake.bucket.bucketName,
              objectKeyPrefix: 'in/',
              topicArn: props.intake.topic.topicArn,
            },
          },
        ],
      },
    });
    // SES tries the bucket and the topic when the rule is made.
    rule.node.addDependency(props.intake.bucket, props.intake.topic);
    if (receiving.ruleSet === undefined) {
      rule.node.addDependency(new CfnReceiptRuleSet(this, 'RuleSet', { ruleSetName: this.ruleSetName }));
    }
    const activation = this.activate(props, rule);
    this.writeDns(props, activation);
  }

  /** One rule set is active in an account and region: never silently another's. */
  private activate(props: InboundMailProps, rule: CfnReceiptRule): CustomResource {
    const { receiving } = props.deployment.config;
    const activator = new DeskFunction(this, {
      ...props,
      name: 'activate-inbound',
      description: 'Makes the rule set active where none is; refuses to silence another system',
      environment,
      timeoutSeconds: 60,
    });
    activator.allow({
      actions: ['ses:DescribeActiveReceiptRuleSet', 'ses:SetActiveReceiptRuleSet'],
      resources: ['*'],
      wildcard: 'SES knows no resource for the one active rule set of an account and region.',
    });
    const activation = new CustomResource(this, 'Activation', {
      serviceToken: activator.function.functionArn,
      resourceType: 'Custom::InboundMail',
      removalPolicy: RemovalPolicy.DESTROY,
      properties: {
        ruleSet: this.ruleSetName,
        joins: String(receiving.ruleSet !== undefined),
        takeOver: String(receiving.takeOver),
        mx: receiving.names,
        mailServer: inboundServer(Stack.of(this).region),
      },
    });
    activation.node.addDependency(rule, activator);
    return activation;
  }

  private writeDns(props: InboundMailProps, activation: CustomResource): void {
    const { hostedZone } = props.deployment.config;
    const zone =
      hostedZone &&
      HostedZone.fromHostedZoneAttributes(this, 'Zone', {
        hostedZoneId: hostedZone.id,
        zoneName: hostedZone.name,
      });
    for (const record of [...mailRecords(props, Stack.of(this).region), ...props.linkRecords]) {
      const place = record.under ?? record.name;
      const inZone = zone && (place === zone.zoneName || place.endsWith(`.${zone.zoneName}`));
      if (inZone) this.write(record, zone).node.addDependency(activation);
      else this.print(record);
    }
  }

  private write({ id, type, name, value, priority = 10 }: DnsRecord, zone: IHostedZone): Construct {
    const common = { zone, recordName: `${name}.` };
    if (type === 'MX')
      return new MxRecord(this, id, { ...common, values: [{ hostName: `${value}.`, priority }] });
    if (type === 'TXT') return new TxtRecord(this, id, { ...common, values: [value] });
    return new CnameRecord(this, id, { ...common, domainName: value });
  }

  /** One line of the table to copy; the outputs of a deployment are that table. */
  private print({ id, type, name, value, priority = 10 }: DnsRecord): void {
    const record = `${name}  ${type}  ${type === 'MX' ? `${priority} ` : ''}${value}`;
    new CfnOutput(this, `Dns${id}`, { value: record, description: 'Make this DNS record' }).overrideLogicalId(
      `Dns${id}`,
    );
  }
}

const inboundServer = (region: string): string => `inbound-smtp.${region}.amazonaws.com`;

/** DKIM, envelope sender, DMARC, and MX only for names that the configuration marks as received by SES. */
function mailRecords({ deployment, delivery }: InboundMailProps, region: string): readonly DnsRecord[] {
  const { mail, receiving } = deployment.config;
  const domain = mail.securityAddress.split('@')[1] ?? '';
  const { identity } = delivery;
  const dkim = [
    [identity.attrDkimDnsTokenName1, identity.attrDkimDnsTokenValue1],
    [identity.attrDkimDnsTokenName2, identity.attrDkimDnsTokenValue2],
    [identity.attrDkimDnsTokenName3, identity.attrDkimDnsTokenValue3],
  ] as const;
  const from = `${mail.mailFrom}.${domain}`;
  return [
    ...dkim.map(
      ([name, value], at): DnsRecord => ({ id: `Dkim${at + 1}`, type: 'CNAME', name, value, under: domain }),
    ),
    { id: 'MailFromMx', type: 'MX', name: from, value: `feedback-smtp.${region}.amazonses.com` },
    { id: 'MailFromSpf', type: 'TXT', name: from, value: 'v=spf1 include:amazonses.com ~all' },
    // Begins by looking on: the domain's other senders are not known to us (docs/deploy.md says when to tighten it).
    { id: 'Dmarc', type: 'TXT', name: `_dmarc.${domain}`, value: 'v=DMARC1; p=none' },
    ...receiving.names.map(
      (name, at): DnsRecord => ({ id: `Mx${at + 1}`, type: 'MX', name, value: inboundServer(region) }),
    ),
  ];
}
