import type { Rating } from '#domain/disclosure.ts';
import { severityText } from '#domain/rating.ts';
import { type Html, html } from './html.ts';

/** `7.5 High`, with the rating's colour and its word. */
export const rating = (severity: { readonly rating: Rating; readonly score?: number | undefined }): Html =>
  html`<span class="rating ${severity.rating}">${severityText(severity)}</span>`;
