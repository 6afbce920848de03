import { inject } from 'vitest';
import { type Desk, startDesk } from '../../local/desk.ts';
import './desk-folder.ts';

export * from '../../local/cases.ts';

/** Starts the desk of this test run: the real deployment on the emulator, as the file before left it. */
export const startRunningDesk = (): Promise<Desk> => startDesk(inject('deskPlace'));
