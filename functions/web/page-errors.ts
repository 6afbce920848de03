/** What a request can be answered with besides a page: a status, and words for the reader. */
export class PageError extends Error {
  override readonly name = 'PageError';
  readonly status: 400 | 401 | 403 | 404 | 410 | 413;
  readonly title: string;
  /** Where it goes on, if anywhere. */
  readonly next: { readonly href: string; readonly label: string } | undefined;
  constructor(status: PageError['status'], title: string, message: string, next?: PageError['next']) {
    super(message);
    this.status = status;
    this.title = title;
    this.next = next;
  }
}

export const noSession = () =>
  new PageError(
    401,
    'Please open your link again',
    'This page opens with the link of a mail. A session lasts an hour; open the link again and it goes on. Members can also sign in.',
    { href: '/desk', label: 'Sign in as a member' },
  );

export const notYours = () =>
  new PageError(
    404,
    'There is no such page for you',
    'Your link does not open this page, or it does not exist. Links are personal: use the one that was mailed to you.',
  );

export const wrongOrigin = () =>
  new PageError(
    403,
    'This did not come from our own page',
    'The form was sent from another site, or your browser hides where it came from. Open the page again and send it there. Nothing was changed.',
  );

export const tooLarge = (most: string) =>
  new PageError(
    413,
    'That is too large',
    `At most ${most} can be sent here. Larger files reach us by mail. Nothing was changed.`,
  );

export const badLinkWords =
  'Parts of this link are missing or changed. Copy the whole link from the mail, or ask for a fresh one.';

export const badLink = () =>
  new PageError(400, 'This link does not work', badLinkWords, {
    href: '/a',
    label: 'Paste the whole link, or ask for a fresh one',
  });

export const deadLink = () =>
  new PageError(
    410,
    'This link is no longer valid',
    'The person it was made for has left, or all their links were withdrawn. The working group can help you.',
  );

export const notNow = () =>
  new PageError(
    404,
    'That is not possible here just now',
    'It has been done already, it is not yet time for it, or it is another person’s act. The disclosure’s page lists what you can do.',
  );
