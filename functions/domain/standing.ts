import type { Policy } from './commands.ts';
import { type Disclosure, openEntries } from './disclosure.ts';
import type { Instant } from './instant.ts';
import { reached } from './lifecycle.ts';
import { allPublished } from './release.ts';
import {
  type AnnouncementState,
  announcementState,
  type TwoHourClock,
  twoHourClock,
} from './release-window.ts';
import { type CapState, capState, type ResponseState, responseState } from './response-target.ts';

/** How a disclosure stands to what was promised for it, at an instant; what does not run is left out. */
export interface Standing {
  /** Policy A1. */
  readonly response: ResponseState;
  /** Policy A2, while the embargo holds. */
  readonly cap?: CapState | undefined;
  /** `OEP-60 R15`, from the proposal of a release instant to the first merge. */
  readonly announcement?: AnnouncementState | undefined;
  /** `OEP-60 R17`, from the first merge on. */
  readonly window?: TwoHourClock | undefined;
}

/** What members and maintainers are shown of the clocks that run. */
export function standing(disclosure: Disclosure, now: Instant, policy: Policy): Standing {
  const { embargo, release, announcement, response, publishedAt } = disclosure;
  const merges = openEntries(disclosure).flatMap(({ branches }) => branches.map(({ merge }) => merge?.at));
  const window = twoHourClock(merges, allPublished(disclosure) ? publishedAt : undefined, now, policy);
  const waits = release && !release.earlyPublic && window.state === 'not-started' && !embargo.ended;
  return {
    response: responseState(response, now),
    ...(embargo.cap &&
      !embargo.ended &&
      !disclosure.exit && { cap: capState(embargo.cap, policy.embargoAskDays, now) }),
    ...(waits &&
      !reached(disclosure.stage, 'merged') && {
        announcement: announcementState({ at: release.at, visibleAt: announcement?.visibleAt }, now, policy),
      }),
    ...(window.state !== 'not-started' && { window }),
  };
}
