import { describe, expect, test } from 'vitest';
import type { DeskConfigInput } from '../../lib/desk-config.ts';
import { resourcesOf, text } from './resources.ts';
import { local, production, templateOf } from './synthesise.ts';

const zone = { id: 'Z0123456789ABCDEFGHIJ', name: 'openedx.example' };
const of = (changes: Partial<DeskConfigInput> = {}) => templateOf(production(changes));

describe('the receipt rule', () => {
  test('puts raw mail into the inbox, scanned, over TLS or not, and tells without the body', async () => {
    const [[, rule] = []] = resourcesOf(await of(), 'AWS::SES::ReceiptRule');
    expect(rule?.Properties.Rule).toMatchObject({
      Enabled: true,
      ScanEnabled: true,
      TlsPolicy: 'Optional',
      Recipients: ['security@openedx.example', 'desk.openedx.example'],
    });
    const [{ S3Action }, ...others] = rule?.Properties.Rule.Actions ?? [];
    expect(others).toEqual([]);
    expect(S3Action).toMatchObject({ ObjectKeyPrefix: 'in/' });
    expect(S3Action.TopicArn).toBeDefined();
    // SES's own encryption is client-side: unreadable to a plain GetObject.
    expect(S3Action.KmsKeyArn).toBeUndefined();
  });

  test('alone may write into the bucket, and only into the inbox', async () => {
    const statements = resourcesOf(await of(), 'AWS::S3::BucketPolicy').flatMap(
      ([, { Properties }]) => Properties.PolicyDocument.Statement,
    );
    const [writing, ...others] = statements.filter(({ Effect }) => Effect === 'Allow');
    expect(others).toEqual([]);
    expect(writing.Action).toBe('s3:PutObject');
    expect(text(writing.Resource)).toMatch(/\/in\/\*$/);
    expect(text(writing.Condition.ArnEquals['aws:SourceArn'])).toContain(
      'receipt-rule-set/DisclosureDesk-rules:receipt-rule/DisclosureDesk-inbox',
    );
  });

  test('joins the rule set that the configuration names and makes none of its own', async () => {
    const template = await of({ receiving: { ruleSet: 'shared', afterRule: 'spam', names: [] } });
    template.resourceCountIs('AWS::SES::ReceiptRuleSet', 0);
    template.hasResourceProperties('AWS::SES::ReceiptRule', { RuleSetName: 'shared', After: 'spam' });
    template.hasResourceProperties('Custom::InboundMail', { joins: 'true', takeOver: 'false' });
  });

  test('is left out of a local deployment', async () => {
    const template = await templateOf(local());
    for (const type of ['AWS::SES::ReceiptRule', 'AWS::SES::ReceiptRuleSet', 'Custom::InboundMail']) {
      template.resourceCountIs(type, 0);
    }
  });
});

describe('DNS', () => {
  test('is printed as a table to copy where no hosted zone is ours', async () => {
    const template = await of();
    template.resourceCountIs('AWS::Route53::RecordSet', 0);
    const printed = Object.fromEntries(
      Object.entries(template.findOutputs('*')).map(([name, { Value }]) => [name, text(Value)]),
    );
    expect(printed).toMatchObject({
      DnsMailFromSpf: 'bounce.openedx.example  TXT  v=spf1 include:amazonses.com ~all',
      DnsDmarc: '_dmarc.openedx.example  TXT  v=DMARC1; p=none',
      DnsMx1: 'desk.openedx.example  MX  10 inbound-smtp.us-east-1.amazonaws.com',
    });
    expect(Object.keys(printed).filter((name) => name.startsWith('DnsDkim'))).toHaveLength(3);
  });

  test('is made in a hosted zone, MX only for names that SES receives', async () => {
    const records = resourcesOf(await of({ hostedZone: zone }), 'AWS::Route53::RecordSet').map(
      ([, { Properties }]) => `${Properties.Type} ${text(Properties.Name)}`,
    );
    expect(records.filter((record) => record.startsWith('MX')).sort()).toEqual([
      'MX bounce.openedx.example.',
      'MX desk.openedx.example.',
    ]);
    expect(records.filter((record) => record.startsWith('CNAME'))).toHaveLength(3);
  });

  test('names, certifies and aliases the pages in a hosted zone', async () => {
    const template = await of({ hostedZone: zone, links: { base: 'https://desk.openedx.example' } });
    template.hasResourceProperties('AWS::CertificateManager::Certificate', {
      DomainName: 'desk.openedx.example',
    });
    template.hasResourceProperties('AWS::ApiGatewayV2::DomainName', { DomainName: 'desk.openedx.example' });
    template.hasResourceProperties('AWS::Route53::RecordSet', { Type: 'A', Name: 'desk.openedx.example.' });
  });

  test('prints the alias where the certificate is brought along', async () => {
    const certificateArn = 'arn:aws:acm:us-east-1:123456789012:certificate/abc-1';
    const template = await of({ links: { base: 'https://desk.other.example', certificateArn } });
    template.resourceCountIs('AWS::CertificateManager::Certificate', 0);
    const [alias] = Object.values(template.findOutputs('DnsLinks'));
    expect(text(alias?.Value)).toMatch(/^desk\.other\.example {2}CNAME {2}</);
  });
});
