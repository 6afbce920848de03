import * as z from 'zod/mini';

/** Instants of GitHub come without milliseconds; ours have them. */
const at = z.pipe(
  z.string().check(z.refine((text) => !Number.isNaN(Date.parse(text)), { error: 'not a date', abort: true })),
  z.transform((text: string) => new Date(text).toISOString()),
);

const cvss = z.object({ vector_string: z.nullable(z.string()), score: z.nullable(z.number()) });

/** A repository advisory, as far as the desk reads it (GitHub REST, `repository-advisory`). */
export const advisoryAnswer = z.object({
  ghsa_id: z.string().check(z.regex(/^GHSA(-[23456789cfghjmpqrvwx]{4}){3}$/)),
  html_url: z.url(),
  state: z.enum(['triage', 'draft', 'published', 'closed', 'withdrawn']),
  summary: z.string(),
  description: z.nullable(z.string()),
  severity: z.nullable(z.enum(['critical', 'high', 'medium', 'low'])),
  cvss: z.nullish(cvss),
  cvss_severities: z.nullish(z.object({ cvss_v3: z.nullish(cvss) })),
  cve_id: z.nullable(z.string()),
  author: z.nullish(z.object({ login: z.string() })),
  collaborating_users: z.nullish(z.array(z.object({ login: z.string() }))),
  collaborating_teams: z.nullish(z.array(z.object({ slug: z.string() }))),
  private_fork: z.nullish(z.object({ full_name: z.string() })),
  created_at: z.nullish(at),
  updated_at: z.nullish(at),
  published_at: z.nullish(at),
  closed_at: z.nullish(at),
});
export type AdvisoryAnswer = z.infer<typeof advisoryAnswer>;

export const advisoriesAnswer = z.array(advisoryAnswer);

const nothing = <T extends z.ZodMiniType>(shape: T) =>
  z.pipe(
    shape,
    z.transform((_: z.output<T>) => null),
  );

/** A file of the contents endpoint; a directory is a list, and large files come without content. */
export const contentAnswer = z.union([
  nothing(z.array(z.unknown())),
  z.object({ type: z.literal('file'), encoding: z.literal('base64'), content: z.string() }),
  nothing(z.object({ type: z.enum(['symlink', 'submodule', 'dir']) })),
]);

export const membersAnswer = z.array(z.object({ login: z.string() }));

export const userAnswer = z.object({ login: z.string(), email: z.nullable(z.string()) });

export const commitAnswer = z.object({
  sha: z.string().check(z.regex(/^[0-9a-f]{40}$/)),
  html_url: z.url(),
  commit: z.object({ message: z.string() }),
});

export const comparisonAnswer = z.object({ status: z.enum(['diverged', 'ahead', 'behind', 'identical']) });

export const rateLimitAnswer = z.object({
  resources: z.object({ core: z.object({ limit: z.number(), remaining: z.number(), reset: z.number() }) }),
});
