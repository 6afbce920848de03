import { inject } from 'vitest';
import { minute, plus } from '#domain/instant.ts';
import { type Desk, startDesk } from '../../local/desk.ts';
import './desk-folder.ts';

export * from '../../local/cases.ts';

/** Starts the desk of this test run: the real deployment on the emulator, as the file before left it, at rest. */
export async function startRunningDesk(): Promise<Desk> {
  const desk = await startDesk(inject('deskPlace'));
  try {
    await bringToRest(desk);
    return desk;
  } catch (error) {
    await desk.close();
    throw error;
  }
}

/**
 * What a function was killed at, when the file before updated the stack or took a grant away, has its lease for a
 * quarter of an hour; then reconcile takes it up, as it would on AWS.
 * @throws Error when something is under way even then
 */
async function bringToRest(desk: Desk): Promise<void> {
  for (let rounds = 0; rounds < 2; rounds++) {
    try {
      return await desk.quiet();
    } catch (error) {
      console.warn(`${(error as Error).message}: a quarter of an hour passes`);
    }
    desk.clock.moveTo(plus(desk.clock.now(), 16 * minute));
    await desk.invoke('reconcile', { full: true });
  }
  await desk.quiet();
}
