import { firstBreak } from '#commit/chain.ts';
import type { Log } from '#contracts/log.ts';
import type { TaskInput } from '#contracts/machine.ts';
import * as messages from '#contracts/messages.ts';
import type { DeskStore } from '#contracts/ports.ts';

/** The audit trail does not hang together: somebody changed what must never change. */
export class BrokenAuditTrail extends Error {
  override readonly name = 'BrokenAuditTrail';
}

/** The last state: the audit trail is complete and its chain is checked before the execution succeeds. */
export const closeDisclosure =
  (deps: { readonly store: DeskStore; readonly log: Log }) =>
  async ({ disclosure: id, generation, correlation }: TaskInput) => {
    const events = await deps.store.events(`DISC#${id}`);
    const broken = firstBreak(events);
    if (broken !== undefined) {
      deps.log(messages.chainBroken, { disclosure: id, at: broken, correlation });
      throw new BrokenAuditTrail(`the audit trail of ${id} is broken at event ${broken}`);
    }
    return { disclosure: id, generation, correlation, events: events.length };
  };
