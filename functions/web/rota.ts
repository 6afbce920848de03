import { loadDuty } from '#commit/rota-record.ts';
import { coverage, manned } from '#domain/rota.ts';
import { rotaWeeks } from '#domain/today.ts';
import type { RotaModel } from '#pages/rota-page.ts';
import type { DeskDeps } from './deps.ts';
import { whoIs } from './load.ts';
import { namesOf } from './names.ts';
import type { Session } from './session.ts';

/** The rota as its pages show it. */
export async function loadRota(deps: DeskDeps, session: Session): Promise<RotaModel> {
  const now = deps.clock.now();
  const members = await deps.store.peopleOf('member');
  const duty = await loadDuty(
    deps.store,
    members.map(({ id }) => id),
  );
  const { rota } = duty;
  const swapped = rota.swaps.flatMap(({ from, to }) => [from, to]);
  const ahead = manned(rota.shifts, duty.members).filter(({ end }) => end > now);
  const until = ahead
    .map(({ end }) => end)
    .sort()
    .at(-1);
  return {
    who: whoIs(session),
    me: session.person.id,
    rota,
    shifts: rota.shifts.filter(({ end }) => end > now),
    weeks: rotaWeeks(manned(rota.shifts, duty.members), now, deps.settings.policy.zone),
    ahead: { ...coverage(ahead, now, until ?? now), until },
    members,
    nameOf: await namesOf(deps, [
      ...members.map(({ id }) => id),
      ...rota.shifts.map(({ member }) => member),
      ...swapped,
    ]),
  };
}
