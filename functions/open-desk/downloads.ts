import type { Context } from 'hono';
import { rawMailOf } from '#commit/raw-mail.ts';
import type { Intake } from '#domain/intake.ts';
import { loadUpload, visibleMails } from './conversation.ts';
import type { OpenDeskDeps } from './deps.ts';
import type { Opened } from './load.ts';
import { notYours } from './page-errors.ts';

/** Hands out a link that lives minutes, as an attachment. Never the bytes themselves: nothing is opened here. */
async function handOut(deps: OpenDeskDeps, c: Context, key: string, name: string): Promise<Response> {
  return c.redirect(await deps.archive.downloadUrl(key, name), 302);
}

/** The raw mail: for members alone. */
export async function rawMail(deps: OpenDeskDeps, c: Context, intake: Intake): Promise<Response> {
  const found = await rawMailOf(deps.archive, intake, 1);
  if (!found) throw notYours();
  return handOut(deps, c, found.key, `${intake.mailKey}.eml`);
}

/** One attachment, extracted when somebody asks for it. */
export async function attachment(
  deps: OpenDeskDeps,
  c: Context,
  intake: Intake,
  index: string,
): Promise<Response> {
  const number = Number(index);
  if (!Number.isInteger(number) || number < 0 || number > 99) throw notYours();
  const extracted = await deps.mails.extractAttachment(intake, number);
  if (!extracted) throw notYours();
  return handOut(deps, c, extracted.key, extracted.name);
}

/** The mail of a download, if the viewer may have its files: a member all, a reporter theirs, an operator the forwarded. */
export async function mailOf(
  deps: OpenDeskDeps,
  { view, disclosure }: Opened,
  mailKey: string,
): Promise<Intake | undefined> {
  if (view.forwarded) {
    const events = await deps.store.events(`DISC#${disclosure.id}`);
    const sent = events
      .flatMap(({ letters }) => letters)
      .some(
        (letter) =>
          letter.template === 'operator-forward' &&
          'person' in letter.to &&
          letter.to.person === view.viewer.person &&
          letter.params.reportKey === mailKey &&
          letter.params.withAttachments,
      );
    return sent ? deps.store.intake(mailKey) : undefined;
  }
  const mails = await visibleMails(deps, view);
  return mails.find((intake) => intake.mailKey === mailKey);
}

/** A file that was uploaded on the reporter's page. */
export async function addedFile(
  deps: OpenDeskDeps,
  c: Context,
  { view, disclosure }: Opened,
  seq: string,
  index: string,
): Promise<Response> {
  if (view.conversation === 'none') throw notYours();
  const events = await deps.store.events(`DISC#${disclosure.id}`);
  const event = events.find((each) => each.type === 'add-text' && String(each.seq) === seq);
  const own = view.conversation === 'all' || event?.actor === `reporter:${view.viewer.person}`;
  const names = event && own && Array.isArray(event.data.attachments) ? event.data.attachments : [];
  const name: unknown = names[Number(index)];
  const upload = typeof name === 'string' ? await loadUpload(deps, name) : undefined;
  const body = upload && (await deps.archive.text(upload.body));
  if (!upload || body === undefined) throw notYours();
  const key = await deps.archive.putDerived(
    `${upload.sha256}`,
    new Uint8Array(Buffer.from(body, 'base64')),
    'application/octet-stream',
  );
  return handOut(deps, c, key, upload.name);
}
