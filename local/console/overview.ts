import { machineStateOf } from '#domain/machine.ts';
import type { Desk } from '../desk.ts';

/** Every disclosure with its stage and the state of its machine, newest last. */
export async function disclosures({ store, runner }: Pick<Desk, 'store' | 'runner'>) {
  const ids = [...(await store.ended(200)), ...(await store.listed('open'))];
  const found = await Promise.all(
    ids.map(async (id) => {
      const disclosure = await store.disclosure(id);
      return disclosure
        ? [
            {
              reference: id,
              stage: disclosure.stage,
              hold: disclosure.hold?.kind,
              exit: disclosure.exit?.kind,
              state: machineStateOf(disclosure),
              generation: disclosure.generation,
              execution: await runner.status(id, disclosure.generation),
              version: disclosure.version,
            },
          ]
        : [];
    }),
  );
  return found.flat().sort((a, b) => (a.reference < b.reference ? -1 : 1));
}
