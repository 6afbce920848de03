import * as z from 'zod';

const byFrequency = <S extends z.ZodType>(of: S) =>
  z.strictObject({ weekly: of, monthly: of, quarterly: of, 'half-yearly': of });

/**
 * What a deployed function knows of its deployment: no secret, no person. Written by the deployment beside the
 * bundle as `settings.json`, from `desk.config.ts`.
 */
export const settingsSchema = z.strictObject({
  policy: z.strictObject({
    prefix: z.string().regex(/^[A-Z][A-Z0-9]{1,9}$/),
    zone: z.string(),
    noticeMs: z.number().int().positive(),
    windowMs: z.number().int().positive(),
    earlyPublicMs: z.number().int().positive(),
    embargoDays: z.number().int().positive(),
    embargoAskDays: z.number().int().positive(),
    informationDays: z.number().int().positive(),
    reopenDays: z.number().int().positive(),
    responseBusinessDays: z.number().int().positive(),
    sweepMs: z.number().int().positive(),
    reminders: z.strictObject({
      periods: byFrequency(
        z.union([
          z.strictObject({ days: z.number().int().positive() }),
          z.strictObject({ months: z.number().int().positive() }),
        ]),
      ),
      unmannedReachMs: z.number().int().positive(),
      postponeAtMostMs: z.number().int().positive(),
      silence: byFrequency(z.number().int().positive()),
    }),
    rota: z.strictObject({
      acknowledgeWithinMs: z.number().int().positive(),
      members: z.strictObject({ least: z.number().int().positive(), most: z.number().int().positive() }),
    }),
    publishNeedsTwo: z.boolean(),
    forwardNeedsTwo: z.boolean(),
    earlyPublicNeedsTwo: z.boolean(),
    postsToDiscourse: z.boolean(),
    branches: z.record(z.string(), z.array(z.string())),
    defaultBranches: z.array(z.string()).min(1),
  }),
  identity: z.strictObject({
    /** The project whose security address this is: `Open edX`. */
    project: z.string(),
    /** How the desk signs: `Open edX Security Working Group`. */
    signature: z.string(),
    securityAddress: z.email(),
    replyDomain: z.string(),
    /** One address for notices to the whole group; absent: each active member gets them. */
    groupAddress: z.email().optional(),
    /** Base of all links, never taken from a request. Absent: the function's LINK_BASE. */
    linkBase: z.url().optional(),
    pgpKeyUrl: z.url().optional(),
    configurationSet: z.string().optional(),
  }),
  mail: z.strictObject({
    ownAddresses: z.array(z.email()),
    /** Domains whose own DKIM signature marks mail that they forwarded or a list rewrote. */
    trustedForwarders: z.array(z.string()),
    caps: z.strictObject({
      perAddressDay: z.number().int().positive(),
      perAddressWeek: z.number().int().positive(),
      perHour: z.number().int().positive(),
    }),
    maxOutgoingBytes: z.number().int().positive(),
  }),
  github: z
    .strictObject({
      apiBase: z.url(),
      appId: z.number().int().positive(),
      installationId: z.number().int().positive(),
      /** Secrets Manager: `{"privateKey": "…", "webhookSecret": "…"}`. */
      secretName: z.string(),
    })
    .optional(),
  discourse: z
    .strictObject({
      base: z.url(),
      categoryId: z.number().int().positive(),
      /** Secrets Manager: `{"apiKey": "…", "apiUsername": "…", "webhookSecret": "…"}`; absent: prefilled links only. */
      secretName: z.string().optional(),
    })
    .optional(),
  retentionDays: z.number().int().positive(),
});

export type Settings = z.infer<typeof settingsSchema>;
