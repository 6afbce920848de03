import { rawMailOf } from '#commit/raw-mail.ts';
import { outboxTag } from '#contracts/outbox.ts';
import type {
  Archive,
  Clock,
  DeskStore,
  LinkClaims,
  LinkSigner,
  OutgoingMail,
  StoredEvent,
} from '#contracts/ports.ts';
import type { Settings } from '#contracts/settings.ts';
import { day, plus } from '#domain/instant.ts';
import type { Letter } from '#domain/letter.ts';
import { loopHeader } from '#domain/mail-facts.ts';
import type { Person, PersonId } from '#domain/people.ts';
import { type ReminderBatch, replyAddress } from '#domain/threading.ts';
import {
  type LetterContext,
  peopleIn,
  reminderActions,
  reminderLinkKey,
  sayableNames,
  textsOf,
} from '#letters/context.ts';
import { renderLetter } from '#letters/render-letter.ts';

/** What composing a letter needs: people and texts to read, links to mint. */
export interface ComposeDeps {
  readonly store: Pick<DeskStore, 'people' | 'intake'>;
  readonly archive: Pick<Archive, 'text' | 'rawMail'>;
  readonly signer: () => Promise<LinkSigner>;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly linkBase: string;
}

const linkDays = 7;
const reporterTemplates = /^(acknowledgement|answer-to-reporter|information-|reporter-|fresh-link)/;
const automaticAnswer = 'acknowledgement';
const written = /^(answer-to-reporter|operator-forward)$/;

/** As what the recipient is addressed; what their link shows and allows follows from it. */
function roleOf(letter: Letter): LinkClaims['role'] {
  if (letter.as) return letter.as;
  return reporterTemplates.test(letter.template) ? 'reporter' : 'member';
}

async function namesIn(deps: ComposeDeps, letter: Letter): Promise<Readonly<Record<PersonId, string>>> {
  const ids = peopleIn(letter);
  return ids.length > 0 ? sayableNames(await deps.store.people(ids)) : {};
}

async function linksFor(
  deps: ComposeDeps,
  letter: Letter,
  recipient: Person,
  jti: string,
): Promise<Pick<LetterContext, 'link' | 'links'>> {
  const signer = await deps.signer();
  // The group's own address is nobody's: whoever reads there signs in as themselves.
  const toGroup = 'group' in letter.to;
  const claims = {
    purpose: 'link' as const,
    person: recipient.id,
    role: roleOf(letter),
    epoch: recipient.epoch,
    expires: plus(deps.clock.now(), linkDays * day),
  };
  const to = (about: string, suffix = ''): string =>
    toGroup
      ? `${deps.linkBase}/desk`
      : `${deps.linkBase}/a#t=${signer.mint({ ...claims, about, jti: `${jti}${suffix}` })}`;
  if (letter.template === 'reminder') {
    const links = letter.params.lines.flatMap(({ reference, repository }, line) =>
      reminderActions.map((action, at) => [
        reminderLinkKey(reference, repository, action),
        // Opens that act's form for that repository.
        to(`${reference}/${action}/${repository}`, `.${line}.${at}`),
      ]),
    );
    return { links: Object.fromEntries(links) };
  }
  return letter.about ? { link: to(letter.about) } : {};
}

/** Headers by which machines know our mail, and do not answer it. */
function headersOf(letter: Letter): Record<string, string> {
  const loop = { [loopHeader]: letter.about ?? 'desk', 'X-Auto-Response-Suppress': 'All' };
  if (letter.template === automaticAnswer) return { ...loop, 'Auto-Submitted': 'auto-replied' };
  return written.test(letter.template) ? loop : { ...loop, 'Auto-Submitted': 'auto-generated' };
}

/** The batch of a reminder that lists several disclosures, so that a reply is known to be about all of them. */
function severalIn(letter: Letter): ReminderBatch | undefined {
  if (letter.template !== 'reminder') return undefined;
  const { lines, batch } = letter.params;
  return new Set(lines.map(({ reference }) => reference)).size > 1 ? batch : undefined;
}

/** Where a plain reply goes: to the disclosure, by an address of the recipient's own. */
async function replyTo(deps: ComposeDeps, letter: Letter, recipient: PersonId): Promise<string | undefined> {
  const reference = letter.about?.split('/')[0] ?? '';
  if (!/^[A-Z][A-Z0-9]*-\d{4}-\d+$/.test(reference)) return undefined;
  const token = (await deps.signer()).replyToken(reference, recipient);
  return replyAddress(reference, token, deps.settings.identity.replyDomain, severalIn(letter));
}

/** One letter of an event, rendered for its recipient: the mail as it is sent. */
export async function composeLetter(
  deps: ComposeDeps,
  event: StoredEvent,
  part: string,
  letter: Letter,
  recipient: Person,
): Promise<OutgoingMail> {
  const tag = outboxTag(event.partition, event.cause, part);
  const [names, links, reply, texts] = await Promise.all([
    namesIn(deps, letter),
    linksFor(deps, letter, recipient, `${event.hash.slice(0, 24)}.${part}`),
    replyTo(deps, letter, recipient.id),
    Promise.all(textsOf(letter).map(async (ref) => [ref.key, await deps.archive.text(ref)] as const)),
  ]);
  const rendered = renderLetter(letter, {
    settings: deps.settings,
    recipient,
    names,
    ...links,
    texts: Object.fromEntries(texts.flatMap(([key, text]) => (text === undefined ? [] : [[key, text]]))),
  });
  const { params } = letter;
  const messageId = 'messageId' in params ? params.messageId : undefined;
  const references = 'references' in params ? params.references : undefined;
  const attachments =
    letter.template === 'operator-forward' ? await forwardedReport(deps, letter.params) : [];
  return {
    to: recipient.address,
    fromName: fromNameOf(deps, letter, names),
    subject: rendered.subject,
    text: rendered.text,
    html: rendered.html,
    headers: headersOf(letter),
    tag,
    ...(reply && { replyTo: reply }),
    ...(messageId && { inReplyTo: messageId, references: [...(references ?? []), messageId].slice(-20) }),
    ...(attachments.length > 0 && { attachments }),
  };
}

/** Reminders are sent in the on-duty member's name (OEP-60 R9); everything else in the group's. */
function fromNameOf(deps: ComposeDeps, letter: Letter, names: Readonly<Record<PersonId, string>>): string {
  const { signature } = deps.settings.identity;
  const onDuty = letter.template === 'reminder' ? letter.params.onDuty : undefined;
  const name = onDuty && names[onDuty];
  return name ? `${name} (${signature})` : signature;
}

/** The report as it came, where the member chose to send it along and it fits. */
async function forwardedReport(
  deps: ComposeDeps,
  params: Extract<Letter, { template: 'operator-forward' }>['params'],
): Promise<NonNullable<OutgoingMail['attachments']>> {
  if (!params.withAttachments) return [];
  const room = Math.floor((deps.settings.mail.maxOutgoingBytes * 3) / 4) - 64 * 1024;
  const intake = await deps.store.intake(params.reportKey);
  const raw = intake && (await rawMailOf(deps.archive, intake, room + 1))?.bytes;
  // Too large for a mail: the operator's link leads to a confirmed download instead.
  if (!raw || raw.length > room) return [];
  return [{ filename: 'report.eml', content: raw, contentType: 'application/octet-stream' }];
}
