import { intakeForm, read } from '#contracts/forms.ts';
import { VersionConflict } from '#contracts/store-errors.ts';
import { Refused } from '#domain/errors.ts';
import type { Intake } from '#domain/intake.ts';
import type { Attempt } from '#pages/form.ts';
import { refusal } from '#pages/outcome-pages.ts';
import { sentForm, textForm } from '#web/body.ts';
import type { Answer, Context } from '#web/http.ts';
import { showIntake } from '#web/intake.ts';
import { tooLarge } from '#web/page-errors.ts';
import { causeOf, isDesk, type Session } from '#web/session.ts';
import type { ChangeDeskDeps } from './deps.ts';

/** A member's decision on one mail, once. */
export async function decideIntake(
  deps: ChangeDeskDeps,
  c: Context,
  session: Session,
  intake: Intake,
): Promise<Answer> {
  const { mailKey } = intake;
  const { values, over } = await sentForm(c, textForm);
  if (over) throw tooLarge('256 KB');
  const form = read(intakeForm, values);
  const again = (errors: Attempt['errors']) => showIntake(deps, c, session, intake, { values, errors });
  if (!form.ok) return again(form.faults);
  try {
    const { disclosure } = await deps.decideIntake({
      mailKey,
      decision: form.data,
      actor: { kind: 'member', person: session.person.id },
      cause: causeOf(session, values.form ?? ''),
      expectVersion: Number(values.revision),
      checks: [{ person: session.person.id, epoch: session.claims.epoch }],
    });
    const reachable = disclosure && isDesk(session.claims);
    return c.redirect(reachable ? `/d/${disclosure}` : `/i/${encodeURIComponent(mailKey)}`, 303);
  } catch (error) {
    if (error instanceof Refused)
      return again([
        { field: error.field ?? 'decision', message: refusal(error.rule, error.message, error.remedy) },
      ]);
    if (error instanceof VersionConflict)
      return again([
        { field: 'decision', message: 'Somebody else decided meanwhile. Look at what stands there now.' },
      ]);
    throw error;
  }
}
