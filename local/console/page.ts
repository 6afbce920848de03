import { html, raw } from 'hono/html';
import type { Desk } from '../desk.ts';
import type { Mail } from '../mail-gateway/mailbox.ts';
import { machinePicture } from './machine-picture.ts';
import { disclosures } from './overview.ts';

const style = raw(`<style>
:root{color-scheme:light dark;--line:color-mix(in srgb,currentColor 20%,transparent);--accent:light-dark(#1d5fa8,#7fb4ef)}
body{font:16px/1.5 system-ui,sans-serif;max-width:75rem;margin:0 auto;padding:1rem}
h1{font-size:1.4rem;margin:.2rem 0}h2{font-size:1.1rem;margin:1.6rem 0 .5rem;border-bottom:1px solid var(--line)}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
.wide{overflow-x:auto}a{color:var(--accent)}form{display:inline-flex;gap:.5rem;margin:.2rem .8rem .2rem 0}
button,input{font:inherit;padding:.25rem .6rem}details{margin:.3rem 0}summary{cursor:pointer}small{opacity:.75}
svg{max-width:100%;height:auto;min-width:44rem}.ended{opacity:.75}th{font-weight:600}td:first-child{white-space:nowrap}
pre{white-space:pre-wrap;overflow-wrap:anywhere}pre:empty{display:none}iframe{width:100%;height:24rem;border:1px solid var(--line);background:#fff}
svg text{font:12px system-ui,sans-serif;fill:currentColor}svg .box{fill:none;stroke:currentColor;opacity:.55}
svg .lit .box{fill:var(--accent);fill-opacity:.25;stroke:var(--accent);opacity:1;stroke-width:2}svg .edge{stroke:currentColor;opacity:.4;fill:none}
</style>`);

const script = raw(`<script>
for (const form of document.querySelectorAll('form[data-clock]')) form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const out = document.querySelector('#clock-result');
  out.textContent = 'Moving the clock and firing what falls due…';
  const advance = form.elements.advance;
  const body = advance ? { advance: advance.value } : { next: true };
  const answer = await fetch('/api/clock', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const result = await answer.json();
  if (!answer.ok) { out.textContent = result.error; return; }
  sessionStorage.setItem('fired', result.fired.map((each) => each.at + ' ' + each.what).join('\\n') || 'Nothing fell due.');
  location.reload();
});
const fired = sessionStorage.getItem('fired');
if (fired) { document.querySelector('#clock-result').textContent = fired; sessionStorage.removeItem('fired'); }
</script>`);

/** How many of the newest mails stand above the mailboxes of the people. */
const latest = 8;

type Row = Awaited<ReturnType<typeof disclosures>>[number];

/** How many of the newest disclosures are drawn at once; the others unfold. */
const drawn = 5;

/** One disclosure with its machine; what has ended is folded. */
const disclosureRow = (each: Row, isNew: boolean) => {
  const ended = each.execution === 'SUCCEEDED';
  const where = [
    each.stage,
    ...(each.hold ? [`on hold: ${each.hold}`] : []),
    ...(each.exit ? [`ended: ${each.exit}`] : []),
  ].join(' · ');
  return html`<details${raw(ended ? ' class="ended"' : isNew ? ' open' : '')}><summary><strong>${each.reference}</strong> · ${where} <small>execution g${each.generation} ${each.execution}, ${each.state}</small></summary><div class="wide">${raw(machinePicture(each.state, ended))}</div></details>`;
};

/** Mails newest first; `named` says to whom each went. */
const mailTable = (mails: readonly Mail[], named: boolean) =>
  html`<div class="wide"><table><thead><tr><th>Time (UTC)</th>${named ? html`<th>To</th>` : ''}<th>Subject</th></tr></thead><tbody>${mails.toReversed().map((mail) => html`<tr><td><time datetime="${mail.time}">${mail.time.slice(0, 16).replace('T', ' ')}</time></td>${named ? html`<td>${mail.to}</td>` : ''}<td><a href="/mail/${mail.id}">${mail.subject}</a></td></tr>`)}</tbody></table></div>`;

/** The console's one page. */
export async function consolePage(desk: Desk): Promise<string> {
  const [all, next] = await Promise.all([disclosures(desk), desk.travel.next()]);
  const { addresses, gateway } = desk;
  const people = [...gateway.mailbox.byPerson()];
  return `${await html`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Console of the local desk</title>${style}</head><body>
<h1>The disclosure desk on this machine</h1>
<p>Write to <strong>${addresses.securityAddress}</strong> by SMTP at ${addresses.smtp}, or <code>npm run deliver -- FILE</code>.
Members sign in at <a href="${addresses.desk}/desk">${addresses.desk}/desk</a>. Stand-ins: <a href="${addresses.github}">GitHub</a>, <a href="${addresses.discourse}">Discourse</a>.</p>
<h2>Clock</h2>
<p>The desk's time is <strong><time datetime="${desk.clock.now()}">${desk.clock.now()}</time></strong>. ${next ? html`Next deadline: <time datetime="${next}">${next}</time>.` : 'Nothing falls due.'}</p>
<form data-clock><button>Advance to the next deadline</button></form>
<form data-clock><label>by <input name="advance" value="PT48H" size="8" aria-label="ISO 8601 duration"></label><button>Advance</button></form>
<pre id="clock-result" role="status"></pre>
<h2>Mailbox</h2>
${
  people.length === 0
    ? html`<p>The desk has sent nothing yet.</p>`
    : html`<details open><summary><strong>Latest</strong> <small>to anybody</small></summary>${mailTable(desk.gateway.mailbox.list().slice(-latest), true)}</details>
${people.map(([person, mails]) => html`<details><summary><strong>${person}</strong> <small>${mails.length === 1 ? 'one mail' : `${mails.length} mails`}</small></summary>${mailTable(mails, false)}</details>`)}`
}
<h2>Disclosures</h2>
${all.length === 0 ? html`<p>None yet: send a mail.</p>` : all.toReversed().map((each, index) => disclosureRow(each, index < drawn))}
${script}</body></html>`}`;
}

/** One mail as its reader has it: text first, links to click, HTML in a sandbox. */
export function mailPage(mail: Mail): string {
  return `${html`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${mail.subject}</title>${style}</head><body>
<p><a href="/">Console</a></p><h1>${mail.subject}</h1>
<p>From ${mail.from} to ${mail.to}, <time datetime="${mail.time}">${mail.time}</time></p>
${mail.links.length > 0 ? html`<ul>${mail.links.map((link) => html`<li><a href="${link}">${link.length > 90 ? `${link.slice(0, 90)}…` : link}</a></li>`)}</ul>` : ''}
<pre>${mail.text}</pre>
${mail.html ? html`<h2>HTML</h2><iframe sandbox="allow-popups" srcdoc="${mail.html}" title="The mail as HTML"></iframe>` : ''}
<details><summary>Headers</summary><pre>${JSON.stringify(mail.headers, null, 2)}</pre></details></body></html>`}`;
}
