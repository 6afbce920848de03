import type { PersonId } from '#domain/people.ts';
import { type Attempt, errorSummary, renderField } from './form.ts';
import { type Html, html, type PageContext } from './html.ts';
import { shell } from './layout.ts';

const pasteForm = (attempt?: Attempt): Html =>
  html`<form method="post" action="/a" novalidate>${renderField({ kind: 'area', name: 'token', label: 'Paste the whole link from the mail', hint: 'It begins with the address of this page and goes on after “#t=”.' }, attempt)}<div class="buttons"><button type="submit">Open</button></div></form>`;

/**
 * The static landing page of every link. It knows of no case; its script finds the token in the fragment. With an
 * attempt it is the page after something pasted or typed on it did not do.
 */
export const landingPage = (context: PageContext, attempt?: Attempt): Html =>
  shell({
    title: 'Open your link',
    context,
    narrow: true,
    scripts: ['landing.js'],
    body: html`${errorSummary(attempt?.errors ?? [])}<form id="found" method="post" action="/a" hidden><h1>Open your page</h1><p>Your link is here. Nothing happens by opening it: you decide on the next page.</p><input type="hidden" name="token" value=""><div class="buttons"><button type="submit">Open</button></div></form>
<div id="lost"><h1>Open your link</h1>
<noscript><p class="notice">This page needs its own small script, because the secret part of a link stays in the browser. Without script, paste the whole link below.</p></noscript>
<p>The secret part of your link did not arrive. Some mail programs and scanners cut it off at the “#”.</p>
${pasteForm(attempt)}
<h2>Or have a fresh link sent</h2><form method="post" action="/a/lost" novalidate>${[
      { kind: 'email', name: 'address', label: 'Your address', hint: 'The one our mail came to.' } as const,
      {
        kind: 'text',
        name: 'reference',
        label: 'Reference',
        hint: 'It stands in the mail’s subject, like EDX-2026-0001.',
        optional: true,
        short: true,
      } as const,
    ].map((field) =>
      renderField(field, attempt),
    )}<div class="buttons"><button type="submit" class="second">Send me a fresh link</button></div></form></div>`,
  });

/** A link that has expired. A fresh one goes to the recorded recipient, and to nobody else. */
export const expiredPage = (context: PageContext, token: string, errors: Attempt['errors'] = []): Html =>
  shell({
    title: 'This link has expired',
    context,
    narrow: true,
    body: html`${errorSummary(errors)}<h1>This link has expired</h1><p>Links work for 7 days. We can send a fresh one to the address on record; it cannot go anywhere else.</p>${freshForm(token, errors)}`,
  });

/** A link whose "#" was encoded on its way: what happened, and how to go on (mail rules, Signed links 11). */
export const changedLinkPage = (context: PageContext, token: string, errors: Attempt['errors'] = []): Html =>
  shell({
    title: 'Your link was changed on its way',
    context,
    narrow: true,
    body: html`${errorSummary(errors)}<h1>Your link was changed on its way</h1><p>A mail program has changed your link: its secret part belongs behind a “#”, where only your own browser sees it. It arrived as a part of the address instead, which others may have written down. So it opens nothing here, and nothing has happened.</p><h2>Have a fresh link sent</h2><p>It goes to the address on record; it cannot go anywhere else.</p>${freshForm(token, errors)}<h2>Or copy the link from the mail</h2><p>If a fresh link is changed too: copy it from the mail’s plain text instead of pressing it.</p>${pasteForm()}`,
  });

const freshForm = (token: string, errors: Attempt['errors']): Html =>
  html`<form method="post" action="/a/fresh" novalidate><input type="hidden" name="token" value="${token}">${renderField({ kind: 'tick', name: 'sure', label: 'Yes, send a fresh link to the address on record' }, { values: {}, errors })}<div class="buttons"><button type="submit">Send a fresh link</button></div></form>`;

/** Members come in here: the answer is the same for any address. */
export const signInPage = (context: PageContext, attempt?: Attempt): Html =>
  shell({
    title: 'Sign in',
    context,
    narrow: true,
    body: html`${errorSummary(attempt?.errors ?? [])}<h1>Sign in</h1><p>For members of the working group. We mail a link to your recorded address.</p><form method="post" action="/desk" novalidate>${renderField({ kind: 'email', name: 'address', label: 'Your address' }, attempt)}<div class="buttons"><button type="submit">Mail me a sign-in link</button></div></form><p class="soft">Did you report something, or do you maintain a repository? Use the link in our mail to you.</p>`,
  });

/** A group's link: who of the group is acting? That person gets a link of their own. */
export const whoPage = (
  context: PageContext,
  action: string,
  people: readonly { readonly id: PersonId; readonly name: string }[],
  errors: Attempt['errors'] = [],
): Html =>
  shell({
    title: 'Who is acting?',
    context,
    narrow: true,
    body: html`${errorSummary(errors)}<h1>Who is acting?</h1><p>This link came to a group’s address. Say who you are: we mail you a link of your own, so that the record says who acted.</p>${
      people.length === 0
        ? html`<p class="notice">No person of this group is recorded yet, so that nobody can act by this link. Answer the mail and say who you are: the working group records you.</p>`
        : html`<form method="post" action="${action}" novalidate>${renderField({ kind: 'choice', name: 'person', label: 'I am', options: people.map(({ id, name }) => ({ value: id, label: name })) }, { values: {}, errors })}<div class="buttons"><button type="submit">Mail me my own link</button></div></form>`
    }`,
  });
