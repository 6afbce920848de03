import { type AwsTarget, awsService } from './aws.ts';
import { documentOf, textOf, within, type Xml, xmlError } from './aws-xml.ts';

/** The operations that the desk asks of SES (v1), which speaks AWS's query protocol: a form each way out, XML back. */
export function createSes(target?: AwsTarget) {
  const { call } = awsService({ service: 'ses', host: 'email' }, xmlError, target);

  async function ask(operation: string, fields: Readonly<Record<string, string>> = {}): Promise<Xml> {
    const form = new URLSearchParams({ Action: operation, Version: '2010-12-01', ...fields });
    const answer = await call({
      method: 'POST',
      path: '/',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
    });
    return within(documentOf(answer), `${operation}Response`, `${operation}Result`);
  }

  return {
    /** Answers SES's id of the mail. */
    async sendRawEmail(from: string, to: string, raw: Buffer): Promise<string | undefined> {
      const fields = { Source: from, 'Destinations.member.1': to, 'RawMessage.Data': raw.toString('base64') };
      return textOf(within(await ask('SendRawEmail', fields), 'MessageId'));
    },
    async activeReceiptRuleSet(): Promise<string | undefined> {
      return textOf(within(await ask('DescribeActiveReceiptRuleSet'), 'Metadata', 'Name'));
    },
    async setActiveReceiptRuleSet(name: string | undefined): Promise<void> {
      await ask('SetActiveReceiptRuleSet', name === undefined ? {} : { RuleSetName: name });
    },
  };
}

export type Ses = ReturnType<typeof createSes>;
