import type { Clock, DeskStore, StoredEvent } from '#contracts/ports.ts';
import type { Settings } from '#contracts/settings.ts';
import { CauseTaken } from '#contracts/store-errors.ts';
import type { Person } from '#domain/people.ts';
import { acknowledgementLimits } from '#domain/suppression.ts';

interface Deps {
  readonly store: DeskStore;
  readonly settings: Settings;
  readonly clock: Clock;
}

/**
 * The caps that make loops and backscatter impossible, counted where acknowledgements leave (mail rules, Rules of
 * intake): so many per address in any 24 hours and any 7 days, so many an hour in all.
 */
export const mayAcknowledge =
  ({ store, settings, clock }: Deps) =>
  async (person: Person, use: string): Promise<boolean> => {
    const limits = acknowledgementLimits(settings.mail.caps, person.id, clock.now());
    for (const places of limits.person.attempts)
      if (await store.countWithin(limits.person.key, places, use))
        return store.countWithin(limits.all.key, limits.all.windows, use);
    return false;
  };

/** Marks the intake as unacknowledged: it stands so on the members' page until a member releases it. */
export const withhold =
  ({ store, clock }: Deps) =>
  async (event: StoredEvent): Promise<void> => {
    const intake = await store.intake(event.correlation);
    if (!intake || intake.flags.includes('acknowledgement-withheld')) return;
    try {
      await store.commit({
        writes: [
          {
            put: 'intake',
            item: { ...intake, flags: [...intake.flags, 'acknowledgement-withheld'] },
            expect: intake.version,
          },
        ],
        event: {
          partition: `INTAKE#${intake.mailKey}`,
          cause: `withheld:${event.cause}`,
          type: 'withhold-acknowledgement',
          actor: 'desk',
          at: clock.now(),
          data: {},
          letters: [],
          signals: [],
          correlation: intake.mailKey,
        },
      });
    } catch (error) {
      if (!(error instanceof CauseTaken)) throw error;
    }
  };
