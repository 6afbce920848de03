import { createHash } from 'node:crypto';
import type { DeskConfig } from './desk-config.ts';

/** What seeds an empty table: written into the bundle of `seed-desk` and nowhere else. */
export const seedOf = ({
  members,
  maintainers,
  groups,
  rota,
  operators,
  repositories,
  zone,
  policy,
}: DeskConfig) => {
  const seed = {
    zone,
    acknowledgeHours: policy.acknowledgeHours,
    members,
    maintainers,
    groups,
    rota,
    operators,
    contacts: Object.entries(repositories).flatMap(([repository, { contacts }]) =>
      contacts.length > 0 ? [{ repository, addresses: contacts }] : [],
    ),
  };
  return { seed, fingerprint: createHash('sha256').update(JSON.stringify(seed)).digest('hex').slice(0, 16) };
};
