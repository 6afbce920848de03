import { whoIsOnDuty } from '#commit/on-duty.ts';
import type { Situation } from '#domain/commands.ts';
import type { Disclosure } from '#domain/disclosure.ts';
import type { ChangeDeskDeps } from './deps.ts';

/** What `decide` may know besides: policy, who is on duty, and the thread of the reporter's last mail. */
export async function situationOf(deps: ChangeDeskDeps, disclosure: Disclosure): Promise<Situation> {
  const onDuty = await whoIsOnDuty(deps.store, deps.clock.now());
  const mails = await Promise.all(disclosure.intakes.map((key) => deps.store.intake(key)));
  const last = mails
    .flatMap((intake) => intake ?? [])
    .filter(({ from }) => from && disclosure.reporters.includes(from))
    .at(-1);
  return {
    policy: deps.settings.policy,
    ...(onDuty && { onDuty }),
    ...(last && {
      thread: {
        references: last.references,
        ...(last.messageId && { messageId: last.messageId }),
      },
    }),
  };
}
