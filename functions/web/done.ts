import type { DeskEvent, StoredEvent } from '#contracts/ports.ts';

const doneWords: Readonly<Record<string, string>> = {
  'generate-shifts': 'The shifts were made. Whoever it concerns has a mail about it.',
  'put-shift': 'The shift was added.',
  'change-shift': 'The shift was changed. Whoever it concerns has a mail about it.',
  'split-shift': 'The shift was split. Whoever it concerns has a mail about it.',
  'remove-shift': 'The shift was removed.',
  'propose-swap': 'The shift was offered. The member you asked has a mail about it.',
  'answer-swap': 'Your answer was recorded, and whoever offered the shift is told.',
  'acknowledge-handover': 'You acknowledged the handover.',
  'note-handover': 'Your notes were kept for whoever takes over.',
  'issue-feed': 'A new feed address was made; an earlier one is dead.',
  'revoke-feed': 'The feed’s address is dead.',
  invite: 'They were invited by mail. They are a member once they accept.',
  'record-support': 'The support was recorded.',
  'accept-invitation': 'You are a member of the working group now.',
  'go-away': 'Recorded as away: no new shifts are planned for them. Shifts that they have stay theirs.',
  'come-back': 'Recorded as active again.',
  leave: 'They are no longer a member. All their links and sessions are dead, and their shifts are free.',
  'record-person': 'They were recorded: from now on the group’s link offers their name.',
  'remove-person': 'They act for the group no more, by any link.',
  'record-individual': 'Recorded as one person’s address.',
  'postpone-batch': 'The batch was postponed.',
  'note-batch': 'The note of the batch was changed.',
};

/** What the form that led here came to, in words; undefined for any other address. */
export const doneLine = (event: Pick<DeskEvent | StoredEvent, 'type'> | undefined): string | undefined =>
  event && doneWords[event.type];

/** Where a page says what was done: `?done=<form>`. */
export const donePath = (path: string, formId: string): string =>
  `${path}${path.includes('?') ? '&' : '?'}done=${encodeURIComponent(formId)}`;
