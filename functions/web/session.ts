import type { LinkClaims } from '#contracts/ports.ts';
import { hour, instant, ms } from '#domain/instant.ts';
import type { Person } from '#domain/people.ts';
import { isAct } from '#pages/acts.ts';
import type { DeskDeps } from './deps.ts';

/** A session is short; the link it came from opens another one. */
const sessionMs = hour;
const cookieName = 'desk_session';

/** What a link opens: where it leads, and for which part of the desk its session counts. */
export interface Scope {
  readonly path: string;
  /** The cookie's path: several cases can be open side by side. */
  readonly within: string;
}

/** What the link of an invitation to the working group is about. */
export const invitation = 'desk/invitation';
const groupPages: ReadonlySet<string> = new Set(['desk/today', 'desk/rota', 'desk/members']);

/** Where `about` leads: a reference (with an act and its repository), `intake:<key>`, a page of the group, or the desk. */
export function scopeOf(about: string): Scope {
  if (about.startsWith('intake:')) {
    const path = `/i/${encodeURIComponent(about.slice('intake:'.length))}`;
    return { path, within: path };
  }
  // Whoever is invited opens the page of the invitation, and nothing else.
  if (about === invitation) return { path: '/invitation', within: '/invitation' };
  if (groupPages.has(about)) return { path: `/${about}`, within: '/' };
  const [reference = '', act, ...repository] = about.split('/');
  if (!/^[A-Z][A-Z0-9]*-\d{4}-\d+$/.test(reference)) return { path: '/desk', within: '/' };
  const within = `/d/${reference}`;
  if (!act || !isAct(act)) return { path: within, within };
  const query = repository.length > 0 ? `?repository=${encodeURIComponent(repository.join('/'))}` : '';
  return { path: `${within}/${act}${query}`, within };
}

/** A session and the person it is for, both still good. */
export interface Session {
  readonly claims: LinkClaims;
  readonly person: Person;
}

const isMember = (person: Person) => person.member === 'active' || person.member === 'away';

/** Claims are only as good as the person they name: of that epoch, not gone, and in the role still. */
export async function personOf(
  deps: Pick<DeskDeps, 'store'>,
  claims: LinkClaims,
): Promise<Person | undefined> {
  const person = await deps.store.person(claims.person);
  if (!person || person.epoch !== claims.epoch || person.member === 'left') return undefined;
  const mayEnter = isMember(person) || (person.member === 'invited' && claims.about === invitation);
  return claims.role === 'member' && !mayEnter ? undefined : person;
}

/** A session for a link's person, as a cookie that only this part of the desk is sent. */
export function sessionCookie(deps: DeskDeps, link: LinkClaims): string {
  const token = deps.signer.mint({
    ...link,
    purpose: 'session',
    jti: deps.random(),
    from: link.jti,
    expires: instant(ms(deps.clock.now()) + sessionMs),
  });
  const secure = deps.linkBase.startsWith('https:') ? '; Secure' : '';
  return `${cookieName}=${token}; Path=${scopeOf(link.about).within}; Max-Age=${sessionMs / 1000}; HttpOnly; SameSite=Strict${secure}`;
}

/** Every session that the browser sent, the most specific path first. */
function sessionsIn(cookies: string | undefined): readonly string[] {
  return (cookies ?? '')
    .split(';')
    .map((each) => each.trim())
    .filter((each) => each.startsWith(`${cookieName}=`))
    .map((each) => each.slice(cookieName.length + 1))
    .slice(0, 8);
}

/** The first session that is good and that opens what is asked for. */
export async function sessionFor(
  deps: DeskDeps,
  cookies: string | undefined,
  opens: (claims: LinkClaims) => boolean,
): Promise<Session | undefined> {
  for (const token of sessionsIn(cookies)) {
    const checked = deps.signer.check(token);
    if (!checked || checked.expired || checked.claims.purpose !== 'session' || !opens(checked.claims))
      continue;
    const person = await personOf(deps, checked.claims);
    if (person) return { claims: checked.claims, person };
  }
  return undefined;
}

/** Does a session open the disclosure: its own, or all of them for a member who signed in at the desk? */
export const opensDisclosure =
  (reference: string) =>
  (claims: LinkClaims): boolean =>
    scopeOf(claims.about).within === `/d/${reference}` || isDesk(claims);

/** A member's own sign-in, which opens everything of the desk. */
export const isDesk = (claims: LinkClaims): boolean =>
  claims.role === 'member' && scopeOf(claims.about).within === '/';

/** An act counts once: a form's id, under the session it was shown in. */
export const causeOf = (session: Session, formId: string): string =>
  `act:${session.claims.jti}:${formId.replace(/[^\w-]/g, '').slice(0, 64)}`;
