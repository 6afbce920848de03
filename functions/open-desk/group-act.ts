import type { Context } from 'hono';
import type * as z from 'zod/mini';
import { read } from '#contracts/forms.ts';
import type { DeskEvent, StoredEvent } from '#contracts/ports.ts';
import { VersionConflict } from '#contracts/store-errors.ts';
import { InvalidLocalTimeError, instantOfText, type Zone } from '#domain/calendar.ts';
import { Refused } from '#domain/errors.ts';
import type { Instant } from '#domain/instant.ts';
import type { PersonId } from '#domain/people.ts';
import type { FieldError, Values } from '#pages/form.ts';
import { refusal } from '#pages/outcome-pages.ts';
import { sentForm, smallForm } from './body.ts';
import { PageError } from './page-errors.ts';
import { causeOf, type Session } from './session.ts';

/*
 * What the forms of rota, handover, membership and batches have in common: read once, on a revision, with the
 * member's epoch checked in the very commit.
 */

/** A form that was not accepted; what was typed is kept. */
export class BadField extends Error {
  override readonly name = 'BadField';
  readonly faults: readonly FieldError[];
  constructor(faults: readonly FieldError[]) {
    super('A form was not accepted.');
    this.faults = faults;
  }
}

/** What a form says. @throws {BadField} with what is wrong, field by field. */
export function accepted<S extends z.core.$ZodType>(schema: S, values: Values): z.infer<S> {
  const result = read(schema, values);
  if (!result.ok) throw new BadField(result.faults);
  return result.data;
}

/** One sent form of the group, and what its commit is made with. */
export interface GroupPost {
  readonly values: Values;
  readonly formId: string;
  readonly stamp: {
    readonly by: PersonId;
    readonly cause: string;
    readonly expectVersion: number;
    readonly checks: readonly { readonly person: PersonId; readonly epoch: number }[];
  };
}

/** Reads a form of the group. @throws {PageError} for one that is not ours: without revision or id. */
export async function groupPost(c: Context, session: Session): Promise<GroupPost> {
  const { values } = await sentForm(c, smallForm);
  const formId = values.form ?? '';
  const revision = /^\d{1,9}$/.test(values.revision ?? '') ? Number(values.revision) : undefined;
  if (!formId || revision === undefined)
    throw new PageError(
      400,
      'The form was incomplete',
      'Open the page again and send it there. Nothing was changed.',
    );
  const { person, claims } = session;
  return {
    values,
    formId,
    stamp: {
      by: person.id,
      cause: causeOf(session, formId),
      expectVersion: revision,
      checks: [{ person: person.id, epoch: claims.epoch }],
    },
  };
}

/** Fields of the rules that a form calls otherwise. */
const formNames: Readonly<Record<string, string>> = {
  start: 'date',
  end: 'endDate',
  at: 'date',
  zone: 'date',
};

/** Runs an act; what was wrong with it comes back on the same form (422), or that somebody was faster (409). */
export async function orAgain(
  act: () => Promise<Response>,
  again: (errors: readonly FieldError[], status: 409 | 422) => Promise<Response>,
): Promise<Response> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof BadField) return again(error.faults, 422);
    if (error instanceof Refused) {
      const field = error.field === undefined ? 'main' : (formNames[error.field] ?? error.field);
      return again([{ field, message: refusal(error.rule, error.message, error.remedy) }], 422);
    }
    if (error instanceof VersionConflict)
      return again(
        [
          {
            field: 'main',
            message: 'Somebody else changed it meanwhile. Look at what stands there now, and send it again.',
          },
        ],
        409,
      );
    throw error;
  }
}

/** The instant of a day and a time of day in a zone. @throws {BadField} for a day that no calendar has. */
export function instantIn(date: string, time: string, zone: Zone, field: string): Instant {
  try {
    return instantOfText(`${date}T${time}`, zone);
  } catch (error) {
    if (!(error instanceof InvalidLocalTimeError)) throw error;
    throw new BadField([{ field, message: `There is no day ${date}, or no time ${time}.` }]);
  }
}

const doneWords: Readonly<Record<string, string>> = {
  'generate-shifts': 'The shifts were made.',
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
  'postpone-batch': 'The batch was postponed.',
  'note-batch': 'The note of the batch was changed.',
};

/** What the form that led here came to, in words; undefined for any other address. */
export const doneLine = (event: Pick<DeskEvent | StoredEvent, 'type'> | undefined): string | undefined =>
  event && doneWords[event.type];

/** Where a page says what was done: `?done=<form>`. */
export const donePath = (path: string, formId: string): string =>
  `${path}${path.includes('?') ? '&' : '?'}done=${encodeURIComponent(formId)}`;
