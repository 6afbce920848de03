import { readFileSync } from 'node:fs';
import { createClock } from '#adapters/clock.ts';
import { customResource } from '#adapters/custom-resource.ts';
import { signerFromSecrets } from '#adapters/desk-keys.ts';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { seedSchema } from '#contracts/seed.ts';
import { environment } from './env.ts';
import { seedDesk } from './seed-desk.ts';

export const handler = customResource(async ({ type }) => {
  if (type === 'delete') return;
  const env = environment.parse(process.env);
  const clock = createClock(env.CLOCK_OFFSET_FILE);
  const store = createDeskStore({ table: env.TABLE_NAME, clock });
  const signer = await signerFromSecrets({
    keysSecret: env.KEYS_SECRET_ARN,
    pseudonymSecret: env.PSEUDONYM_SECRET_ARN,
    clock,
  })();
  const seed = seedSchema.parse(JSON.parse(readFileSync(new URL('./seed.json', import.meta.url), 'utf8')));
  await seedDesk({ store, clock, pseudonym: signer.pseudonym })(seed);
});
