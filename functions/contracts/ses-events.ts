import * as z from 'zod/mini';

/**
 * What SES tells the desk through SNS and SQS: mail that arrived, and what became of mail that was sent.
 * Shapes after "Contents of notifications for Amazon SES email receiving" and "Examples of event data that
 * Amazon SES publishes to Amazon SNS". SES adds fields as it likes, so unknown ones are dropped, not refused;
 * what is missing or of a wrong type throws.
 */

/** One header field, unfolded, in the order of the message. */
const headerField = z.object({ name: z.string(), value: z.string() });

const verdictStatus = z.enum(['PASS', 'FAIL', 'GRAY', 'PROCESSING_FAILED', 'DISABLED']);
const verdict = z.object({ status: verdictStatus });
export type SesVerdict = z.infer<typeof verdictStatus>;

const policyName = z.pipe(
  z.transform((value) => (typeof value === 'string' ? value.toLowerCase() : value)),
  z.enum(['none', 'quarantine', 'reject']),
);
/** The guide has shown this both as a word and as `{ status }`, and in either case. */
const dmarcPolicy = z.union([
  policyName,
  z.pipe(
    z.object({ status: policyName }),
    z.transform(({ status }) => status),
  ),
]);

const sesInstant = z.iso.datetime();

/** A text that holds JSON of the given shape; JSON that does not parse is an issue like any other. */
export const jsonText = <T extends z.ZodMiniType>(shape: T) =>
  z.pipe(
    z.pipe(
      z.string(),
      z.transform((text, context) => {
        try {
          return JSON.parse(text) as unknown;
        } catch {
          context.issues.push({ code: 'custom', message: 'not JSON', input: text });
          return z.NEVER;
        }
      }),
    ),
    shape,
  );

/** The notification of an S3 receipt action: verdicts and the object's key, without the body. */
export const sesReceivedNotification = z
  .object({
    notificationType: z.literal('Received'),
    mail: z.object({
      timestamp: sesInstant,
      /** Envelope sender (MAIL FROM); empty for a bounce. */
      source: z.string(),
      /** SES's id of the message; the object's key without its prefix. */
      messageId: z.string().check(z.minLength(1)),
      /** All envelope recipients. */
      destination: z.array(z.string()),
      /** True where the header fields were longer than 10 KB. */
      headersTruncated: z.boolean(),
      headers: z.array(headerField),
      commonHeaders: z.object({
        returnPath: z.optional(z.string()),
        from: z.optional(z.array(z.string())),
        date: z.optional(z.string()),
        to: z.optional(z.array(z.string())),
        cc: z.optional(z.array(z.string())),
        messageId: z.optional(z.string()),
        subject: z.optional(z.string()),
      }),
    }),
    receipt: z.object({
      timestamp: sesInstant,
      processingTimeMillis: z.number(),
      /** The envelope recipients that the receipt rule matched. */
      recipients: z.array(z.string()),
      spamVerdict: verdict,
      virusVerdict: verdict,
      spfVerdict: verdict,
      dkimVerdict: verdict,
      dmarcVerdict: verdict,
      /** What the domain asks for; present only where DMARC failed. */
      dmarcPolicy: z.optional(dmarcPolicy),
      action: z.object({
        type: z.literal('S3'),
        topicArn: z.optional(z.string()),
        bucketName: z.string(),
        objectKeyPrefix: z.optional(z.string()),
        objectKey: z.string(),
      }),
    }),
  })
  .register(z.globalRegistry, {
    title: 'SES received a mail',
    description: 'Published by the S3 action of a receipt rule.',
  });
export type SesReceivedNotification = z.infer<typeof sesReceivedNotification>;

const sentMail = z.object({
  timestamp: sesInstant,
  /** The id that SendRawEmail answered. */
  messageId: z.string().check(z.minLength(1)),
  source: z.string(),
  destination: z.array(z.string()),
  headersTruncated: z.optional(z.boolean()),
  headers: z.optional(z.array(headerField)),
  commonHeaders: z.optional(
    z.object({
      from: z.optional(z.array(z.string())),
      to: z.optional(z.array(z.string())),
      messageId: z.optional(z.string()),
      subject: z.optional(z.string()),
      date: z.optional(z.string()),
    }),
  ),
  /** Message tags by name; SES adds its own, such as `ses:configuration-set`. */
  tags: z._default(z.record(z.string(), z.array(z.string())), {}),
});

/** What a configuration set publishes about one mail of ours. */
export const sesSendingEvent = z
  .discriminatedUnion('eventType', [
    z.object({ eventType: z.literal('Send'), mail: sentMail, send: z.object({}) }),
    z.object({
      eventType: z.literal('Delivery'),
      mail: sentMail,
      delivery: z.object({
        timestamp: sesInstant,
        processingTimeMillis: z.number(),
        recipients: z.array(z.string()),
        smtpResponse: z.optional(z.string()),
        reportingMTA: z.optional(z.string()),
      }),
    }),
    z.object({
      eventType: z.literal('Bounce'),
      mail: sentMail,
      bounce: z.object({
        feedbackId: z.string(),
        bounceType: z.enum(['Undetermined', 'Permanent', 'Transient']),
        bounceSubType: z.string(),
        bouncedRecipients: z.array(
          z.object({
            emailAddress: z.string(),
            action: z.optional(z.string()),
            status: z.optional(z.string()),
            diagnosticCode: z.optional(z.string()),
          }),
        ),
        timestamp: sesInstant,
        reportingMTA: z.optional(z.string()),
      }),
    }),
    z.object({
      eventType: z.literal('Complaint'),
      mail: sentMail,
      complaint: z.object({
        feedbackId: z.string(),
        complaintSubType: z.nullish(z.string()),
        complainedRecipients: z.array(z.object({ emailAddress: z.string() })),
        timestamp: sesInstant,
        complaintFeedbackType: z.optional(z.string()),
      }),
    }),
    z.object({ eventType: z.literal('Reject'), mail: sentMail, reject: z.object({ reason: z.string() }) }),
  ])
  .register(z.globalRegistry, {
    title: 'SES tells what became of a mail',
    description: 'Published by a configuration set.',
  });
export type SesSendingEvent = z.infer<typeof sesSendingEvent>;

/** What lies in a queue that subscribes to a topic without raw delivery: SNS's envelope around the message. */
export const snsEnvelope = z.object({
  Type: z.literal('Notification'),
  MessageId: z.string(),
  TopicArn: z.string(),
  Message: z.string(),
  Timestamp: sesInstant,
});

/** The body of an SQS record of the intake queue → the notification in it. */
export const receivedMailInQueue = jsonText(
  z.extend(snsEnvelope, { Message: jsonText(sesReceivedNotification) }),
);

/** The body of an SQS record of the sending-events queue → the event in it. */
export const sendingEventInQueue = jsonText(z.extend(snsEnvelope, { Message: jsonText(sesSendingEvent) }));
