import { Construct } from 'constructs';
import { environment as observeDiscourseEnvironment } from '../functions/observe-discourse/env.ts';
import { environment as observeGithubEnvironment } from '../functions/observe-github/env.ts';
import { type DeskContext, DeskFunction } from './desk-function.ts';
import type { DisclosureTable } from './disclosure-table.ts';
import type { OutsideSystems } from './outside-systems.ts';
import type { ReleaseClock } from './release-clock.ts';
import { everySweep } from './reminders.ts';

export interface ObserversProps extends DeskContext {
  readonly table: DisclosureTable;
  readonly outside: OutsideSystems;
  readonly clock: ReleaseClock;
}

/** What GitHub and Discourse tell us, by webhook and by our own look every 15 minutes (most changes have no webhook). */
export class Observers extends Construct {
  readonly observeGithub: DeskFunction;
  readonly observeDiscourse: DeskFunction;

  constructor(scope: Construct, props: ObserversProps) {
    super(scope, 'Observers');
    this.observeGithub = new DeskFunction(this, {
      ...props,
      name: 'observe-github',
      description: 'Takes what GitHub shows of advisories and branches',
      environment: observeGithubEnvironment,
      timeoutSeconds: 120,
    });
    this.observeDiscourse = new DeskFunction(this, {
      ...props,
      name: 'observe-discourse',
      description: 'Takes what Discourse shows of announcements and replies',
      environment: observeDiscourseEnvironment,
      timeoutSeconds: 120,
    });
    props.outside.allowGithub(this.observeGithub);
    props.outside.allowDiscourse(this.observeDiscourse);
    // A report filed at GitHub gets a number, and a severity changed there may be the desk's own last one.
    props.table.allowCommits(this.observeGithub, 'Query', 'UpdateItem', 'list');
    props.table.allowCommits(this.observeDiscourse, 'list');
    for (const observer of [this.observeGithub, this.observeDiscourse]) {
      props.clock.every(observer, 'Poll', {
        expression: everySweep,
        description: 'Sees what no webhook told',
      });
    }
  }
}
