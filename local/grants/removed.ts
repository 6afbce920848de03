/** A grant that `test/emulator/grants.test.ts` takes out of the template and deploys without, to see the desk fail. */
export interface Removed {
  /** Logical id of the policy, without its hash. */
  readonly policy: string;
  readonly action: string;
  /** Only this statement of it. */
  readonly statement?: string;
}

/** One of a function's role, one of the state machine's, one of the key's own policy. */
export const removed = {
  sending: { policy: 'DeliveryDeliverRoleDefaultPolicy', action: 'ses:SendRawEmail' },
  invoking: { policy: 'DisclosureLifecycleRoleDefaultPolicy', action: 'lambda:InvokeFunction' },
  encrypting: { policy: 'Key', action: 'kms:GenerateDataKey', statement: 'TopicIntoQueue' },
} as const satisfies Readonly<Record<string, Removed>>;

/**
 * Who is refused in the emulator tests, as it should be: the role behind a policy that lacks a grant, the service that
 * the key does not let in any more, and a function that tries what is not its own (on-this-machine.test.ts).
 */
export const refusedOnPurpose: readonly { readonly who: RegExp; readonly action: string }[] = [
  { who: /DeliveryDeliverRole/, action: removed.sending.action },
  { who: /DisclosureLifecycleRole/, action: removed.invoking.action },
  { who: /^sns\.amazonaws\.com$/, action: removed.encrypting.action },
  { who: /DisclosureLifecycleHoldTokenRole/, action: 's3:PutObject' },
];
