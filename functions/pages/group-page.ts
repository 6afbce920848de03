import { errorSummary, type FormPlace, type FormSpec, renderForm } from './form.ts';
import { type Html, html, type PageContext } from './html.ts';
import { shell } from './layout.ts';

/** Between the pages of the working group. */
export const groupNav = html`<nav aria-label="Desk"><a href="/desk/today">Today</a> <a href="/desk">Disclosures</a> <a href="/desk/rota">Rota</a> <a href="/desk/members">Members</a> <a href="/desk/contacts">Contacts</a></nav>`;

/** One form of the group on a page of its own; what is decided stands above it. */
export function groupFormPage(
  context: PageContext,
  who: string,
  spec: FormSpec,
  place: FormPlace,
  above?: Html,
): Html {
  return shell({
    title: spec.title,
    context,
    who,
    nav: groupNav,
    narrow: true,
    body: html`${errorSummary(place.attempt?.errors ?? [])}<h1>${spec.title}</h1>${typeof spec.intro === 'string' ? html`<p>${spec.intro}</p>` : (spec.intro ?? '')}${above ?? ''}<div id="main-form">${renderForm(spec, place)}</div>`,
  });
}

/** What the last form came to. */
export const doneNotice = (line: string | undefined): Html =>
  line ? html`<div class="notice" role="status"><p>${line}</p></div>` : html``;
