import * as z from 'zod';

/** Instants of GitHub come without milliseconds; ours have them. */
const at = z.string().transform((text, context) => {
  const milliseconds = Date.parse(text);
  if (!Number.isNaN(milliseconds)) return new Date(milliseconds).toISOString();
  context.addIssue({ code: 'custom', message: 'not a date' });
  return z.NEVER;
});

const cvss = z.object({ vector_string: z.string().nullable(), score: z.number().nullable() });

/** A repository advisory, as far as the desk reads it (GitHub REST, `repository-advisory`). */
export const advisoryAnswer = z.object({
  ghsa_id: z.string().regex(/^GHSA(-[23456789cfghjmpqrvwx]{4}){3}$/),
  html_url: z.url(),
  state: z.enum(['triage', 'draft', 'published', 'closed', 'withdrawn']),
  summary: z.string(),
  description: z.string().nullable(),
  severity: z.enum(['critical', 'high', 'medium', 'low']).nullable(),
  cvss: cvss.nullish(),
  cvss_severities: z.object({ cvss_v3: cvss.nullish() }).nullish(),
  cve_id: z.string().nullable(),
  author: z.object({ login: z.string() }).nullish(),
  collaborating_users: z.array(z.object({ login: z.string() })).nullish(),
  collaborating_teams: z.array(z.object({ slug: z.string() })).nullish(),
  private_fork: z.object({ full_name: z.string() }).nullish(),
  created_at: at.nullish(),
  updated_at: at.nullish(),
  published_at: at.nullish(),
  closed_at: at.nullish(),
});
export type AdvisoryAnswer = z.infer<typeof advisoryAnswer>;

export const advisoriesAnswer = z.array(advisoryAnswer);

/** A file of the contents endpoint; a directory is a list, and large files come without content. */
export const contentAnswer = z.union([
  z.array(z.unknown()).transform(() => null),
  z.object({ type: z.literal('file'), encoding: z.literal('base64'), content: z.string() }),
  z.object({ type: z.enum(['symlink', 'submodule', 'dir']) }).transform(() => null),
]);

export const membersAnswer = z.array(z.object({ login: z.string() }));

export const userAnswer = z.object({ login: z.string(), email: z.string().nullable() });

export const commitAnswer = z.object({
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  html_url: z.url(),
  commit: z.object({ message: z.string() }),
});

export const comparisonAnswer = z.object({ status: z.enum(['diverged', 'ahead', 'behind', 'identical']) });

export const rateLimitAnswer = z.object({
  resources: z.object({ core: z.object({ limit: z.number(), remaining: z.number(), reset: z.number() }) }),
});
