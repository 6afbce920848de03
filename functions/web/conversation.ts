import type { StoredEvent } from '#contracts/ports.ts';
import type { DisclosureView } from '#domain/access.ts';
import type { TextRef } from '#domain/disclosure.ts';
import { hasMail, type Intake } from '#domain/intake.ts';
import type { Letter } from '#domain/letter.ts';
import { textsOf } from '#letters/context.ts';
import { plainWords } from '#letters/layout.ts';
import type { FileView, Message } from '#pages/model.ts';
import { deliveryWords } from '#pages/words.ts';
import type { DeskDeps } from './deps.ts';

/** A file that somebody uploaded: its bytes are a text of their own, in base64. */
export interface Upload {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly sha256: string;
  readonly body: TextRef;
}

/** How an event names an upload: key and SHA-256 of its description. */
export const uploadName = (ref: TextRef): string => `${ref.key} ${ref.sha256}`;

const refOf = (name: string): TextRef => {
  const [key = '', sha256 = ''] = name.split(' ');
  return { key, sha256 };
};

export async function loadUpload(deps: Pick<DeskDeps, 'archive'>, name: string): Promise<Upload | undefined> {
  const text = await deps.archive.text(refOf(name));
  return text === undefined ? undefined : (JSON.parse(text) as Upload);
}

const textOf = async (deps: DeskDeps, ref: TextRef): Promise<string | undefined> => {
  const text = await deps.archive.text(ref);
  return text === undefined ? undefined : plainWords(text);
};

const notesOf = (intake: Intake): readonly string[] => [
  ...(hasMail(intake) ? [] : ['It was filed on GitHub: read it there, where it can still change.']),
  ...(intake.flags.includes('encrypted')
    ? ['This mail is encrypted. Download the raw mail and open it with the group’s key.']
    : []),
  ...(intake.flags.includes('unparsed')
    ? ['The parser could not read this mail. Download the raw mail; open it with care.']
    : []),
  ...(intake.flags.includes('unauthenticated') ? ['The sender’s address is not authenticated.'] : []),
  ...(intake.duplicateOf ? ['The same text reached us before.'] : []),
];

/** One mail as text, its files as downloads below `base`. */
export async function mailMessage(
  deps: DeskDeps,
  intake: Intake,
  options: { readonly base: string; readonly title: string; readonly raw: boolean; readonly files: boolean },
): Promise<Message> {
  const content = await deps.mails.read(intake);
  const key = encodeURIComponent(intake.mailKey);
  const files: readonly FileView[] = options.files
    ? (content?.attachments ?? []).map((each, index) => ({
        ...each,
        href: `${options.base}/mail/${key}/${index}`,
      }))
    : [];
  return {
    at: intake.receivedAt,
    ours: false,
    title: options.title,
    subject: intake.subject,
    text: content?.text === undefined ? undefined : plainWords(content.text),
    truncated: content?.truncated,
    notes: options.raw ? notesOf(intake) : [],
    files,
    ...(options.raw && hasMail(intake) && { raw: `${options.base}/mail/${key}/raw` }),
  };
}

const repliedBy: ReadonlySet<string> = new Set([
  'answer-to-reporter',
  'information-asked',
  'reporter-outcome',
]);

/** Our letters to reporters, once each however many got it; to one reporter, only theirs. */
async function replies(
  deps: DeskDeps,
  view: DisclosureView,
  events: readonly StoredEvent[],
): Promise<readonly Message[]> {
  const seen = new Set<string>();
  const found: Message[] = [];
  for (const event of events) {
    for (const letter of event.letters) {
      if (!repliedBy.has(letter.template)) continue;
      const own = 'person' in letter.to && letter.to.person === view.viewer.person;
      if (view.conversation === 'own' && !own) continue;
      for (const ref of textsOf(letter)) {
        const key = `${event.cause} ${ref.key}`;
        if (seen.has(key)) continue;
        seen.add(key);
        const text = await textOf(deps, ref);
        const delivery = view.seesDeliveries ? deliveriesOf(event, letter) : undefined;
        found.push({ at: event.at, ours: true, title: 'Our reply', text, delivery, notes: [], files: [] });
      }
    }
  }
  return found;
}

/** How the letters of one text stand, one word for each recipient. */
const deliveriesOf = (event: StoredEvent, { template }: Letter): readonly string[] =>
  event.letters.flatMap((each, index) =>
    each.template === template ? [deliveryWords(event.delivery[`L${index}`])] : [],
  );

/** What was added on the reporter's page: text and files. */
async function additions(
  deps: DeskDeps,
  view: DisclosureView,
  events: readonly StoredEvent[],
): Promise<readonly Message[]> {
  const added = events.filter(
    ({ type, actor }) =>
      type === 'add-text' && (view.conversation === 'all' || actor === `reporter:${view.viewer.person}`),
  );
  return Promise.all(
    added.map(async ({ at, data, seq }): Promise<Message> => {
      const { text, sha256, attachments } = data;
      const names = Array.isArray(attachments) ? attachments.map(String) : [];
      const uploads = await Promise.all(names.map((name) => loadUpload(deps, name)));
      return {
        at,
        ours: false,
        title: 'Added on the reporter’s page',
        text:
          typeof text === 'string' && typeof sha256 === 'string'
            ? await textOf(deps, { key: text, sha256 })
            : undefined,
        notes: [],
        files: uploads.flatMap((upload, index) =>
          upload
            ? [
                {
                  name: upload.name,
                  type: upload.type,
                  size: upload.size,
                  sha256: upload.sha256,
                  href: `/d/${view.reference}/added/${seq}/${index}`,
                },
              ]
            : [],
        ),
      };
    }),
  );
}

const maintainersWords: Readonly<Record<string, (repository: string) => string>> = {
  'ask-help': (repository) => `Asked for help with ${repository}`,
  disown: (repository) => `Handed ${repository} back; who maintains it`,
};

/** What maintainers wrote to the working group on their page: for members alone, and in no mail. */
async function fromMaintainers(deps: DeskDeps, events: readonly StoredEvent[]): Promise<readonly Message[]> {
  const found = events.map(async ({ type, at, data }): Promise<readonly Message[]> => {
    const title = maintainersWords[type];
    const { text, sha256, repository } = data;
    if (!title || typeof text !== 'string' || typeof sha256 !== 'string') return [];
    return [
      {
        at,
        // No words of the reporter's: they name no operator.
        ours: true,
        title: title(String(repository)),
        text: await textOf(deps, { key: text, sha256 }),
        notes: [],
        files: [],
      },
    ];
  });
  return (await Promise.all(found)).flat();
}

/** Mails of the disclosure that the viewer may read: all, or their own. */
export async function visibleMails(
  deps: Pick<DeskDeps, 'store'>,
  view: DisclosureView,
): Promise<readonly Intake[]> {
  const intakes = await Promise.all(view.mails.map((key) => deps.store.intake(key)));
  return intakes
    .flatMap((intake) => intake ?? [])
    .filter((intake) => view.conversation === 'all' || intake.from === view.viewer.person);
}

/** Mails, additions and replies in the order of time, as far as the access matrix lets this viewer see them. */
export async function conversationOf(
  deps: DeskDeps,
  view: DisclosureView,
  events: readonly StoredEvent[],
): Promise<readonly Message[]> {
  if (view.conversation === 'none') return [];
  const member = view.conversation === 'all';
  const mails = await visibleMails(deps, view);
  const shown = await Promise.all([
    ...mails.map((intake) =>
      mailMessage(deps, intake, {
        base: `/d/${view.reference}`,
        title: member ? 'Mail' : 'Your mail',
        raw: member,
        files: true,
      }),
    ),
  ]);
  const all = [
    ...shown,
    ...(await additions(deps, view, events)),
    ...(await replies(deps, view, events)),
    ...(member ? await fromMaintainers(deps, events) : []),
  ];
  return all.sort((a, b) => a.at.localeCompare(b.at));
}

/** What was forwarded to this operator: the member's words, and the report that went along. */
export async function forwardedTo(
  deps: DeskDeps,
  view: DisclosureView,
  events: readonly StoredEvent[],
): Promise<readonly Message[]> {
  const found: Message[] = [];
  for (const event of events)
    for (const letter of event.letters) {
      if (letter.template !== 'operator-forward') continue;
      if (!('person' in letter.to) || letter.to.person !== view.viewer.person) continue;
      const { text, reportKey, withAttachments } = letter.params;
      found.push({
        at: event.at,
        ours: true,
        title: 'A member of the working group writes',
        text: await textOf(deps, text),
        notes: [],
        files: [],
      });
      const intake = await deps.store.intake(reportKey);
      if (intake)
        found.push(
          await mailMessage(deps, intake, {
            base: `/d/${view.reference}`,
            title: 'The report',
            raw: false,
            files: withAttachments,
          }),
        );
    }
  return found;
}
