import type * as z from 'zod/mini';
import { read, textGroupForms } from '#contracts/forms.ts';
import { VersionConflict } from '#contracts/store-errors.ts';
import { InvalidLocalTimeError, instantOfText, type Zone } from '#domain/calendar.ts';
import { Refused } from '#domain/errors.ts';
import type { Instant } from '#domain/instant.ts';
import type { PersonId } from '#domain/people.ts';
import type { FieldError, Values } from '#pages/form.ts';
import { refusal } from '#pages/outcome-pages.ts';
import { sentForm, smallForm, textForm } from '#web/body.ts';
import type { Answer, Context } from '#web/http.ts';
import { PageError, tooLarge } from '#web/page-errors.ts';
import { causeOf, type Session } from '#web/session.ts';

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
export function accepted<Form extends () => z.core.$ZodType>(
  form: Form,
  values: Values,
): z.infer<ReturnType<Form>> {
  const result = read(form, values);
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
export async function groupPost(c: Context, session: Session, form: string): Promise<GroupPost> {
  const { values, over } = await sentForm(c, textGroupForms.has(form) ? textForm : smallForm);
  if (over) throw tooLarge('256 KB');
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
  act: () => Promise<Answer>,
  again: (errors: readonly FieldError[], status: 409 | 422) => Promise<Answer>,
): Promise<Answer> {
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
