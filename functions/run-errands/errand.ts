import type { CommitCommand } from '#commit/commit-command.ts';
import type { DiscoursePort } from '#contracts/discourse-port.ts';
import type { GithubPort } from '#contracts/github-port.ts';
import type { Log } from '#contracts/log.ts';
import type { Clock, DeskStore } from '#contracts/ports.ts';
import type { Settings } from '#contracts/settings.ts';
import type { Disclosure } from '#domain/disclosure.ts';
import type { HandOffWhat, Signal } from '#domain/letter.ts';

export interface ErrandDeps {
  readonly store: DeskStore;
  readonly clock: Clock;
  /** Undefined where the configuration has no GitHub App. */
  readonly github: (() => Promise<GithubPort>) | undefined;
  /** Undefined where the configuration has no forum. */
  readonly forum: (() => Promise<{ readonly discourse: DiscoursePort }>) | undefined;
  readonly commit: CommitCommand;
  readonly settings: Pick<Settings, 'policy'>;
  readonly log: Log;
}

/** A signal for GitHub or Discourse. */
export type ErrandSignal = Extract<
  Signal,
  { kind: 'update-advisory' | 'publish-advisory' | 'post-announcement' | 'post-reply' }
>;

/** One errand to run: on the record as it stands now, which may be another than when it was asked for. */
export interface Errand<S extends ErrandSignal = ErrandSignal> {
  readonly signal: S;
  readonly disclosure: Disclosure;
  /** This try included. */
  readonly attempts: number;
  /** An earlier try was cut off: nobody knows what it did. */
  readonly doubtful: boolean;
  /** Begins the cause of every commit of this errand. */
  readonly cause: string;
}

/** `nothing`: the record does not ask for it any more. */
export type ErrandOutcome = 'done' | 'nothing';

/** This errand is a person's to do: what, why, and where. No further try of ours would help, or may be made. */
export class ByHand extends Error {
  override readonly name = 'ByHand';
  readonly link: string | undefined;
  constructor(why: string, link?: string, options?: ErrorOptions) {
    super(why, options);
    this.link = link;
  }
}

const updates = {
  severity: 'update-severity',
  credit: 'set-credit',
  close: 'close-advisory',
} as const satisfies Record<string, HandOffWhat>;

/** What a person does in an errand's place. */
export const handOffOf = (signal: ErrandSignal): HandOffWhat =>
  signal.kind === 'update-advisory' ? updates[signal.what] : signal.kind;
