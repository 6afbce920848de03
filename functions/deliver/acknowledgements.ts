import type { Clock, DeskStore, StoredEvent } from '#contracts/ports.ts';
import type { Settings } from '#contracts/settings.ts';
import { CauseTaken } from '#contracts/store-errors.ts';
import { day, hour, plus } from '#domain/instant.ts';
import type { Person } from '#domain/people.ts';

interface Deps {
  readonly store: DeskStore;
  readonly settings: Settings;
  readonly clock: Clock;
}

/**
 * The caps that make loops and backscatter impossible, counted where acknowledgements leave (mail rules, Rules of
 * intake): so many per address in 24 hours and in 7 days, so many an hour in all. Counted only when all allow it.
 */
export const mayAcknowledge =
  ({ store, settings, clock }: Deps) =>
  async (person: Person): Promise<boolean> => {
    const now = clock.now();
    const { perAddressDay, perAddressWeek, perHour } = settings.mail.caps;
    const own = await store.countWithin(`acknowledged#${person.id}`, [
      { window: 'day', limit: perAddressDay, expires: plus(now, day) },
      { window: 'week', limit: perAddressWeek, expires: plus(now, 7 * day) },
    ]);
    return (
      own && store.countWithin('acknowledged', [{ window: 'hour', limit: perHour, expires: plus(now, hour) }])
    );
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
