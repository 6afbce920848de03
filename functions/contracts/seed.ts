import * as z from 'zod/mini';

const person = z.object({
  address: z.string(),
  name: z.optional(z.string()),
  github: z.optional(z.string()),
});

/** The people of the configuration, written beside `seed-desk` alone and put into an empty table once. */
export const seedSchema = z.object({
  zone: z.string(),
  acknowledgeHours: z.number(),
  members: z.array(person),
  /** Maintainers whose address GitHub does not show: logins and addresses. */
  maintainers: z.array(person),
  /** Group addresses, and the persons who act for each. */
  groups: z.array(z.object({ address: z.string(), people: z.array(person) })),
  rota: z.optional(z.object({ from: z.optional(z.string()), shiftDays: z.number(), shifts: z.number() })),
  operators: z.array(
    z.object({
      address: z.string(),
      instance: z.string(),
      domains: z.array(z.string()),
      contact: z.optional(z.string()),
    }),
  ),
  /** Who answers for a repository where catalog-info.yaml and CODEOWNERS do not say. */
  contacts: z.array(z.object({ repository: z.string(), addresses: z.array(z.string()) })),
});

export type Seed = z.infer<typeof seedSchema>;

/** The mark that says that the table was seeded; what happens in it afterwards is the desk's own. */
export const seededMark = 'seeded';

/** The mark that holds our contact table: ids of people by repository, `{"owner/name": ["p-…"]}`. */
export const contactsMark = 'contacts';
