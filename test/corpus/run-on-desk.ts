import { setTimeout as pause } from 'node:timers/promises';
import { GetQueueAttributesCommand, GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs';
import { senderOf } from '../../local/deliver.ts';
import type { Desk } from '../../local/desk.ts';
import { localCredentials, localRegion } from '../../local/emulator/environment.ts';
import {
  bytesOf,
  type CorpusMail,
  type CorpusResult,
  type CorpusRun,
  type Label,
  type Labels,
  labelOf,
  resultOf,
  summaryOf,
} from './corpus-result.ts';

const atOnce = 8;
/** Nothing has moved for so long: what is not taken by now waits for the sweep. */
const stillMs = 20_000;
/** What lies in the inbox for less than two minutes is on its way, and no sweep takes it. */
const settledMs = 125_000;

interface Handed {
  readonly file: string;
  readonly label: Label | null;
  readonly mailKey: string;
}

/**
 * Hands every mail to a running desk as SES does (object in the bucket, notification by SNS and SQS to the deployed
 * function), lets the sweep take what stays, and counts what stands in the table. What SES would say of a mail is
 * examined as for any mail of the gateway; acknowledgements are counted where they are decided, before the caps.
 */
export async function runOnDesk(
  desk: Desk,
  mails: readonly CorpusMail[],
  labels: Labels,
  progress: (line: string) => void = () => {},
): Promise<CorpusRun> {
  const started = performance.now();
  const before = (await desk.store.listed('open')).length;
  const crashes: string[] = [];
  const handed: Handed[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < mails.length) {
        const at = next++;
        const mail = mails[at] as CorpusMail;
        handed[at] = await handOver(desk, mail, labels, crashes);
        if ((at + 1) % 100 === 0) progress(`${at + 1} mails handed over`);
      }
    }),
  );
  let last = performance.now();
  const missing = await taken(desk, handed, progress);
  if (missing > 0) {
    progress(`${missing} mails wait for the sweep`);
    for (let round = 0; round < 4 && (await desk.archive.inbox(1)).length > 0; round++) {
      await pause(Math.max(0, settledMs - (performance.now() - last)));
      last = performance.now();
      await desk.invoke('reconcile', { full: true });
      await taken(desk, handed, progress);
    }
  }
  const dead = await deadLetters(desk);
  if (dead > 0) crashes.push(`${dead} notifications in the dead letters`);
  return { ...(await count(desk, handed, before, started)), crashes };
}

async function handOver(desk: Desk, mail: CorpusMail, labels: Labels, crashes: string[]): Promise<Handed> {
  const raw = bytesOf(mail);
  const label = labelOf(labels, raw);
  try {
    const buffer = Buffer.from(raw);
    const { messageId } = await desk.inbound.deliverRaw(buffer, { from: senderOf(buffer) });
    return { file: mail.file, label, mailKey: messageId };
  } catch (error) {
    crashes.push(`${mail.file}: not handed over: ${String(error)}`);
    return { file: mail.file, label, mailKey: '' };
  }
}

/** Waits until every intake stands and the inbox is empty; answers how many are missing when nothing moves any more. */
async function taken(
  desk: Desk,
  handed: readonly Handed[],
  progress: (line: string) => void,
): Promise<number> {
  const open = new Set(handed.map(({ mailKey }) => mailKey).filter(Boolean));
  let moved = performance.now();
  for (let round = 1; open.size > 0; round++) {
    const size = open.size;
    for (const mailKey of [...open].slice(0, 200)) if (await desk.store.intake(mailKey)) open.delete(mailKey);
    if (open.size < size) moved = performance.now();
    else if (performance.now() - moved > stillMs) return open.size;
    else await pause(200);
    if (round % 50 === 0) progress(`${open.size} mails on their way`);
  }
  for (let left = -1; ; await pause(200)) {
    const inbox = (await desk.archive.inbox(1000)).length;
    if (inbox === 0) return 0;
    if (inbox !== left) moved = performance.now();
    else if (performance.now() - moved > stillMs) return inbox;
    left = inbox;
  }
}

/** How many notifications the queue gave up on. */
async function deadLetters(desk: Desk): Promise<number> {
  const sqs = new SQSClient({
    endpoint: desk.addresses.endpoint,
    region: localRegion,
    credentials: localCredentials,
  });
  try {
    const attributes = async (QueueUrl: string | undefined) =>
      (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes ?? {};
    const { deadLetterTargetArn = '' } = JSON.parse(
      (await attributes(desk.outputs.QueueUrl)).RedrivePolicy ?? '{}',
    ) as { deadLetterTargetArn?: string };
    const QueueName = deadLetterTargetArn.split(':').at(-1) ?? '';
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }));
    return Number((await attributes(QueueUrl)).ApproximateNumberOfMessages ?? 0);
  } finally {
    sqs.destroy();
  }
}

async function count(
  desk: Desk,
  handed: readonly Handed[],
  before: number,
  started: number,
): Promise<Omit<CorpusRun, 'crashes'>> {
  const results: CorpusResult[] = [];
  let twice = 0;
  for (const { file, label, mailKey } of handed) {
    const intake = mailKey ? await desk.store.intake(mailKey) : undefined;
    const disclosure = intake?.disposition === 'opened' ? intake.disclosures[0] : undefined;
    const event = await desk.store.event(disclosure ? `DISC#${disclosure}` : `INTAKE#${mailKey}`, mailKey);
    const decided = event?.letters.filter(({ template }) => template === 'acknowledgement').length ?? 0;
    twice += Math.max(0, decided - 1);
    results.push(resultOf(file, label, intake, decided));
  }
  const disclosures = (await desk.store.listed('open')).length - before;
  return { results, summary: summaryOf(results, disclosures, twice, started) };
}
