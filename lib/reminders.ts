import { Construct } from 'constructs';
import { environment as reconcileEnvironment } from '../functions/reconcile/env.ts';
import { environment as remindMaintainersEnvironment } from '../functions/remind-maintainers/env.ts';
import { sweepMs } from './config.ts';
import type { Delivery } from './delivery.ts';
import { type DeskContext, DeskFunction } from './desk-function.ts';
import type { DisclosureLifecycle } from './disclosure-lifecycle.ts';
import type { DisclosureTable } from './disclosure-table.ts';
import type { MailIntake } from './mail-intake.ts';
import type { ReleaseClock } from './release-clock.ts';

export interface RemindersProps extends DeskContext {
  readonly table: DisclosureTable;
  readonly intake: MailIntake;
  readonly delivery: Delivery;
  readonly lifecycle: DisclosureLifecycle;
  readonly clock: ReleaseClock;
}

/** The sweep's interval of policy.md, as a schedule. */
export const everySweep = `rate(${sweepMs / 60_000} minutes)`;

/** What happens because time passed: the sweep of due rows, and the backstop that finds what fell between. */
export class Reminders extends Construct {
  readonly remindMaintainers: DeskFunction;
  readonly reconcile: DeskFunction;

  constructor(scope: Construct, props: RemindersProps) {
    super(scope, 'Reminders');
    this.remindMaintainers = new DeskFunction(this, {
      ...props,
      name: 'remind-maintainers',
      description: 'Sends what is due: reminders, deadlines, handovers',
      environment: remindMaintainersEnvironment,
      memoryMb: 1024,
      timeoutSeconds: 300,
    });
    props.table.allowCommits(this.remindMaintainers, 'Query', 'list', 'due');
    props.clock.every(this.remindMaintainers, 'Sweep', {
      expression: everySweep,
      // The schedule's own instant: a slow start makes no difference to any due date.
      input: { scheduledAt: '<aws.scheduler.scheduled-time>' },
      description: 'OEP-60 R8, R9: what is due in the current shift goes out',
    });

    this.reconcile = new DeskFunction(this, {
      ...props,
      name: 'reconcile',
      description: 'Finds mail, letters and executions that were left behind',
      environment: reconcileEnvironment,
      timeoutSeconds: 600,
    });
    props.table.allowCommits(this.reconcile, 'Query', 'list', 'waits');
    // A8: what ended long ago is deleted; the bucket's versions are its backup for 35 days.
    props.intake.allowArchive(this.reconcile, { remove: ['mail', 'text'] });
    props.intake.allowReplay(this.reconcile);
    props.lifecycle.allowWatching(this.reconcile);
    props.delivery.allowRedelivery(this.reconcile);
    props.clock.every(this.reconcile, 'Sweep', {
      expression: everySweep,
      description: 'Nothing lies in the inbox, waits for delivery, or ought to move and does not',
    });
    props.clock.every(this.reconcile, 'Daily', {
      // Before the working day in the desk's zone, when few people wait for a page.
      expression: 'cron(0 4 * * ? *)',
      zone: props.deployment.config.zone,
      input: { full: true },
      description: 'Every open disclosure is compared with its execution',
    });
  }
}
