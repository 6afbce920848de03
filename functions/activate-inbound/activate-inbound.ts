import * as z from 'zod/mini';

/** What the deployment asks: CloudFormation makes every value a string. */
export const inboundProperties = z.object({
  ruleSet: z.string(),
  /** The rule set is another system's, which is active already. */
  joins: z.enum(['true', 'false']),
  takeOver: z.enum(['true', 'false']),
  /** Names whose mail SES may receive. */
  mx: z.array(z.string()),
  /** SES's receiving server in this region. */
  mailServer: z.string(),
});

export type InboundProperties = z.infer<typeof inboundProperties>;

export interface InboundDeps {
  /** Name of the active rule set; undefined where none is. */
  activeRuleSet(): Promise<string | undefined>;
  /** Makes a rule set the active one; undefined: none. */
  activate(ruleSet: string | undefined): Promise<void>;
  /** Mail servers of a name; empty where it has none. */
  mailServers(name: string): Promise<readonly string[]>;
}

/** Mail of others is at stake; the message says what the configuration may do about it. */
export class InboundRefused extends Error {
  override readonly name = 'InboundRefused';
}

/**
 * Makes our receipt rule set the active one of the account and region, if none is or the configuration says
 * `takeOver`. A set that it joins has to be active already. Refuses names whose mail another server receives.
 * @throws InboundRefused
 */
export const activateInbound =
  (deps: InboundDeps) =>
  async ({ ruleSet, joins, takeOver, mx, mailServer }: InboundProperties): Promise<void> => {
    for (const name of mx) {
      const others = (await deps.mailServers(name)).filter((server) => server !== mailServer);
      if (others.length > 0) {
        throw new InboundRefused(
          `${name} already receives mail at ${others.join(', ')}: remove that MX record, or take ${name} out of receiving.names`,
        );
      }
    }
    const active = await deps.activeRuleSet();
    if (active === ruleSet) return;
    if (joins === 'true') {
      throw new InboundRefused(
        `the receipt rule set ${ruleSet} is not the active one (${active ?? 'none is'}): activate it, or name the active one in receiving.ruleSet`,
      );
    }
    if (active !== undefined && takeOver !== 'true') {
      throw new InboundRefused(
        `the receipt rule set ${active} is active, and another system may live on it: join it with receiving.ruleSet, or silence it with receiving.takeOver`,
      );
    }
    await deps.activate(ruleSet);
  };

/** Before ours is deleted it has to be inactive; another's stays as it is. */
export const deactivateInbound =
  (deps: Pick<InboundDeps, 'activeRuleSet' | 'activate'>) =>
  async ({ ruleSet, joins }: InboundProperties): Promise<void> => {
    if (joins !== 'true' && (await deps.activeRuleSet()) === ruleSet) await deps.activate(undefined);
  };
