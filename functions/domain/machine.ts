import { type Disclosure, isOpen, openEntries } from './disclosure.ts';

/** The states of the machine in which a disclosure can be met; `statemachines/disclosure.asl.json` has the same names. */
export type MachineState =
  | 'AwaitTriage'
  | 'OpenAdvisories'
  | 'NotifyMaintainers'
  | 'AwaitAnnouncement'
  | 'ScheduleRelease'
  | 'AwaitMerge'
  | 'AwaitPublication'
  | 'CloseDisclosure';

/** States that wait for people; in each other one the machine is at work. */
export const waits = ['AwaitTriage', 'AwaitAnnouncement', 'AwaitMerge', 'AwaitPublication'] as const;

export const isWait = (state: MachineState): boolean => (waits as readonly MachineState[]).includes(state);

/** Entries that the machine still has to open an advisory for. */
const withoutAdvisory = (disclosure: Disclosure) =>
  openEntries(disclosure).filter((entry) => !entry.advisory && !entry.handOff);

/** The next state of the machine, from the record alone: an execution can be lost and begun again anywhere. */
export function machineStateOf(disclosure: Disclosure): MachineState {
  if (!isOpen(disclosure)) return 'CloseDisclosure';
  if (disclosure.stage === 'received') return 'AwaitTriage';
  if (withoutAdvisory(disclosure).length > 0) return 'OpenAdvisories';
  if (openEntries(disclosure).some((entry) => !entry.notifiedAt)) return 'NotifyMaintainers';
  if (disclosure.stage === 'merged') return 'AwaitPublication';
  if (disclosure.stage !== 'announced') return 'AwaitAnnouncement';
  const { release } = disclosure;
  return release?.confirmedAt && release.scheduledFor !== release.at ? 'ScheduleRelease' : 'AwaitMerge';
}

/** What an execution is given and what each of its states hands on: ids alone. */
export interface MachineInput {
  readonly disclosure: string;
  readonly generation: number;
  readonly correlation: string;
  readonly next: MachineState;
  /** Repositories for the Map of OpenAdvisories. */
  readonly repositories: readonly string[];
}

/** The machine's input for a disclosure as it stands. */
export const machineInputOf = (disclosure: Disclosure): MachineInput => ({
  disclosure: disclosure.id,
  generation: disclosure.generation,
  correlation: disclosure.intakes[0] ?? disclosure.id,
  next: machineStateOf(disclosure),
  repositories: withoutAdvisory(disclosure).map((entry) => entry.repository),
});

/** What ends an execution of an older generation: the record is in the hands of a newer one. */
export const endOfGeneration = (disclosure: Disclosure, generation: number): MachineInput => ({
  ...machineInputOf(disclosure),
  generation,
  next: 'CloseDisclosure',
  repositories: [],
});
