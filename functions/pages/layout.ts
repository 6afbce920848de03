import { asset } from './assets.ts';
import { type Html, html, type PageContext, raw } from './html.ts';

export interface Shell {
  readonly title: string;
  readonly context: PageContext;
  readonly body: Html;
  /** One column of text, for pages with a single purpose. */
  readonly narrow?: boolean;
  /** Who is signed in, in words. */
  readonly who?: string | undefined;
  readonly nav?: Html | undefined;
  readonly scripts?: readonly ('landing.js' | 'times.js' | 'calculator.js')[];
}

/** The frame of every page. */
export function shell({ title, context, body, narrow, who, nav, scripts = ['times.js'] }: Shell): Html {
  const loaded = scripts.flatMap((name) => asset(name) ?? []);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · ${context.project} security</title>
<link rel="icon" href="${asset('icon.svg')?.path ?? ''}">
<link rel="stylesheet" href="${asset('style.css')?.path ?? ''}">
${loaded.map(({ path }) => html`<script type="module" src="${path}"></script>`)}
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="masthead"><div><strong>${context.project} security</strong>${nav ?? ''}${who ? html`<span class="soft">${who}</span>` : ''}</div></header>
<main id="main"${narrow ? raw(' class="narrow"') : ''}>${body}</main>
<footer><div>${context.signature} · Questions? Write to <a href="mailto:${context.securityAddress}">${context.securityAddress}</a>.</div></footer>
</body>
</html>`;
}
