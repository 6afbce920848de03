import { loadUpload } from '#web/conversation.ts';
import type { Answer, Context } from '#web/http.ts';
import type { Opened } from '#web/load.ts';
import { notYours } from '#web/page-errors.ts';
import type { ChangeDeskDeps } from './deps.ts';

/**
 * A file that was uploaded on the reporter's page. It lies as a text and is put under `derived/` to be handed out,
 * which is why the function that only reads does not answer this.
 */
export async function addedFile(
  deps: ChangeDeskDeps,
  c: Context,
  { view, disclosure }: Opened,
  seq: string,
  index: string,
): Promise<Answer> {
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
  return c.redirect(await deps.archive.downloadUrl(key, upload.name), 302);
}
