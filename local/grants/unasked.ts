import type { Grant } from './evaluate.ts';

/** A grant that no run on the emulator can ask for, and why it is there all the same. */
export interface Unasked {
  /** Logical ids of the policies, roles, keys or permissions. */
  readonly where: RegExp;
  readonly actions: RegExp;
  /** The service that a resource's own policy lets in. */
  readonly service?: RegExp;
  /** Only on these resources: a name of the emulator's, or a reference of the template. */
  readonly resource?: RegExp;
  readonly why: string;
}

/** Kept short: what is not here has to be asked for by a test. An entry that matches nothing, or a grant that was asked for, is an error. */
export const unasked: readonly Unasked[] = [
  {
    where: /^InboundMailActivateInboundRole/,
    actions: /^(ses:|logs:|sts:)/,
    why: 'The emulator does not receive mail: it has no receipt rules to activate.',
  },
  {
    where: /^(MailIntakeBucketPolicy|MailIntakeTopicPolicy|DeliveryLetterEventsPolicy)/,
    actions: /^(s3:PutObject|sns:Publish)$/,
    service: /^ses\./,
    why: 'The mail gateway puts and publishes in SES’s place, with the root identity.',
  },
  {
    where: /^Key/,
    actions: /^kms:/,
    service: /^(ses|cloudwatch|logs)\./,
    why: 'SES, CloudWatch alarms and CloudWatch Logs use the key as themselves; the emulator’s do not encrypt.',
  },
  {
    where: /^MonitoringAdministratorsPolicy/,
    actions: /^sns:Publish$/,
    service: /^cloudwatch\./,
    why: 'The emulator’s alarms publish without asking the topic.',
  },
  {
    where: /^DisclosureLifecycleRoleDefaultPolicy/,
    actions: /^logs:/,
    why: 'Step Functions sets up its log delivery under the role; the emulator writes no log of an execution.',
  },
  {
    where: /^DisclosureLifecycleRoleDefaultPolicy/,
    actions: /^lambda:InvokeFunction$/,
    resource: /renew-?execution/i,
    why: 'The state machine invokes renew-execution when a wait has lasted 60 days of real time; a test invokes it by itself.',
  },
  {
    where: /^(MailIntakeDeadLetters|DeliveryLetterEventDeadLetters)Policy/,
    actions: /^sqs:SendMessage$/,
    service: /^sns\./,
    why: 'A topic sets aside what it could not deliver after days of trying; the emulator does not try again.',
  },
];

export const matches = (
  { where, actions, service, resource }: Unasked,
  grant: Pick<Grant, 'where' | 'action' | 'principal' | 'resource'>,
) =>
  where.test(grant.where) &&
  actions.test(grant.action) &&
  (service === undefined || service.test(serviceOf(grant.principal))) &&
  (resource === undefined || resource.test(grant.resource));

const serviceOf = (principal: unknown): string =>
  typeof principal === 'object' && principal !== null && 'Service' in principal
    ? String(principal.Service)
    : '';
