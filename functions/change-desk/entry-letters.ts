import { groupsOf } from '#commit/standing-for.ts';
import { freshLinkForm, lostLinkForm, read, signInForm, whoForm } from '#contracts/forms.ts';
import type { LinkClaims } from '#contracts/ports.ts';
import { belongs } from '#domain/access.ts';
import { day, hour, type Instant, plus } from '#domain/instant.ts';
import type { Letter } from '#domain/letter.ts';
import type { PersonId } from '#domain/people.ts';
import { changedLinkPage, expiredPage, landingPage, signInPage, whoPage } from '#pages/entry-pages.ts';
import { html } from '#pages/html.ts';
import { messagePage } from '#pages/outcome-pages.ts';
import { findToken } from '#pages/token.ts';
import { sentForm, smallForm } from '#web/body.ts';
import { pageContext } from '#web/context.ts';
import type { Answer, Context } from '#web/http.ts';
import { badLink, notYours } from '#web/page-errors.ts';
import { invitation, personOf, type Session, scopeOf } from '#web/session.ts';
import { recorded } from '#web/who.ts';
import type { ChangeDeskDeps } from './deps.ts';

/*
 * Ways in by mail. None of them changes a disclosure, and none says whether an address or a reference is known: the
 * answer is the same, and letters go only to recorded recipients, capped.
 */

/** Letters that somebody can cause without being known: few a day to one person, few an hour in all. */
async function within(deps: ChangeDeskDeps, person: PersonId): Promise<boolean> {
  const now = deps.clock.now();
  const window = (length: number, name: string, limit: number) => ({
    window: `${name}:${Math.floor(Date.parse(now) / length)}`,
    limit,
    expires: plus(now, 2 * length) as Instant,
  });
  return (
    (await deps.store.countWithin(`entry:${person}`, [window(hour, 'hour', 3), window(day, 'day', 10)])) &&
    (await deps.store.countWithin('entry:all', [window(hour, 'hour', 100)]))
  );
}

async function writeTo(deps: ChangeDeskDeps, person: PersonId, letter: Letter): Promise<void> {
  if (await within(deps, person)) await deps.write({ person, letter, cause: `entry:${deps.random()}` });
}

/** What a fresh link of expired claims is about; it goes to the recorded recipient and to nobody else. */
function freshLetter({ about, person, role }: LinkClaims): Letter {
  if (role === 'member' && (scopeOf(about).within === '/' || about === invitation))
    return { template: 'sign-in', to: { person }, params: {}, about };
  const [reference = about] = about.split('/');
  const params = about.startsWith('intake:') ? {} : { reference };
  return { template: 'fresh-link', to: { person }, params, about, ...(role !== 'volunteer' && { as: role }) };
}

export async function sendFresh(deps: ChangeDeskDeps, c: Context): Promise<Answer> {
  const { values } = await sentForm(c, smallForm * 2);
  const form = read(freshLinkForm, values);
  const token = findToken(values.token ?? '');
  const checked = token ? deps.signer.check(token) : undefined;
  if (!token || !checked || checked.claims.purpose !== 'link') throw badLink();
  if (!form.ok) {
    const again = checked.expired ? expiredPage : changedLinkPage;
    const errors = [{ field: 'sure', message: 'Tick the box to have a link sent.' }];
    return c.html(again(pageContext(deps), token, errors), 422);
  }
  if (await personOf(deps, checked.claims))
    await writeTo(deps, checked.claims.person, freshLetter(checked.claims));
  return c.html(sentPage(deps));
}

const sentPage = (deps: ChangeDeskDeps) =>
  messagePage(
    pageContext(deps),
    'Look into your mail',
    html`<p>If the address is on record, a link is on its way to it. It can take a few minutes.</p><p class="soft">We give the same answer for every address.</p>`,
  );

/** For links whose fragment was lost: a fresh one, if the address takes part in that disclosure. */
export async function sendLost(deps: ChangeDeskDeps, c: Context): Promise<Answer> {
  const { values } = await sentForm(c, smallForm);
  const form = read(lostLinkForm, values);
  if (!form.ok) return c.html(landingPage(pageContext(deps), { values, errors: form.faults }), 422);
  const id = deps.signer.pseudonym(form.data.address);
  const { reference } = form.data;
  const [person, disclosure] = await Promise.all([
    deps.store.person(id),
    reference ? deps.store.disclosure(reference) : undefined,
  ]);
  if (person && disclosure && reference) {
    const standsFor = await groupsOf(deps.store, disclosure, id);
    const as = (['reporter', 'maintainer', 'operator'] as const).find((kind) =>
      belongs({ kind, person: id, standsFor }, disclosure),
    );
    if (as)
      await writeTo(deps, id, {
        template: 'fresh-link',
        to: { person: id },
        as,
        params: { reference },
        about: reference,
      });
  } else if (person?.member === 'active' || person?.member === 'away')
    await writeTo(deps, id, { template: 'sign-in', to: { person: id }, params: {}, about: 'desk' });
  return c.html(sentPage(deps));
}

/** Members sign in by a mailed link; the answer is the same for any address. */
export async function signIn(deps: ChangeDeskDeps, c: Context): Promise<Answer> {
  const { values } = await sentForm(c, smallForm);
  const form = read(signInForm, values);
  if (!form.ok) return c.html(signInPage(pageContext(deps), { values, errors: form.faults }), 422);
  const id = deps.signer.pseudonym(form.data.address);
  const person = await deps.store.person(id);
  if (person?.member === 'active' || person?.member === 'away')
    await writeTo(deps, id, { template: 'sign-in', to: { person: id }, params: {}, about: 'desk' });
  return c.html(sentPage(deps));
}

/** Mails the chosen person of the group a link of their own; names come from the record alone. */
export async function tellWho(deps: ChangeDeskDeps, c: Context, session: Session): Promise<Answer> {
  const { values } = await sentForm(c, smallForm);
  const form = read(whoForm, values);
  const people = await recorded(deps, session);
  const [reference = ''] = session.claims.about.split('/');
  if (!form.ok) return c.html(whoPage(pageContext(deps), `/d/${reference}/who`, people, form.faults), 422);
  const chosen = people.find(({ id }) => id === form.data.person);
  if (!chosen) throw notYours();
  await writeTo(deps, chosen.id, {
    template: 'who-is-acting',
    to: { person: chosen.id },
    as: 'maintainer',
    params: { reference },
    // As the group's link had it: that of an answer in a reminder leads to the form of that answer.
    about: session.claims.about,
  });
  return c.html(sentPage(deps));
}
