import { rawMailOf } from '#commit/raw-mail.ts';
import type { Intake } from '#domain/intake.ts';
import { visibleMails } from '#web/conversation.ts';
import type { DeskDeps } from '#web/deps.ts';
import type { Answer, Context } from '#web/http.ts';
import type { Opened } from '#web/load.ts';
import { notYours } from '#web/page-errors.ts';

/** Hands out a link that lives minutes, as an attachment. Never the bytes themselves: nothing is opened here. */
async function handOut(deps: DeskDeps, c: Context, key: string, name: string): Promise<Answer> {
  return c.redirect(await deps.archive.downloadUrl(key, name), 302);
}

/** The raw mail: for members alone. */
export async function rawMail(deps: DeskDeps, c: Context, intake: Intake): Promise<Answer> {
  const found = await rawMailOf(deps.archive, intake, 1);
  if (!found) throw notYours();
  return handOut(deps, c, found.key, `${intake.mailKey}.eml`);
}

/** One attachment, extracted when somebody asks for it. */
export async function attachment(deps: DeskDeps, c: Context, intake: Intake, index: string): Promise<Answer> {
  const number = Number(index);
  if (!Number.isInteger(number) || number < 0 || number > 99) throw notYours();
  const extracted = await deps.mails.extractAttachment(intake, number);
  if (!extracted) throw notYours();
  return handOut(deps, c, extracted.key, extracted.name);
}

/** The mail of a download, if the viewer may have its files: a member all, a reporter theirs, an operator the forwarded. */
export async function mailOf(
  deps: DeskDeps,
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
