import { type CvssMetric, cvssMetrics, cvssSource } from '#domain/cvss-metrics.ts';
import type { Attempt, Field } from './form.ts';
import { folded, type Html, html, outward, raw } from './html.ts';

const faultOf = (attempt: Attempt | undefined, name: string) =>
  attempt?.errors.find(({ field }) => field === name)?.message;

/** A base metric: its values side by side, none chosen beforehand. */
function radios(metric: CvssMetric, attempt: Attempt | undefined): Html {
  const name = `cvss_${metric.metric}`;
  const fault = faultOf(attempt, name);
  return html`<fieldset class="${fault ? 'wrong' : ''}"><legend>${metric.name} <span class="soft">(${metric.metric})</span></legend><p class="hint">${metric.definition}</p>${fault ? html`<p class="fault" id="${name}-fault">${fault}</p>` : ''}<div class="options">${metric.values.map(
    ({ value, name: word, definition }, index) =>
      html`<label title="${definition}"><input type="radio" name="${name}" value="${value}"${index === 0 ? raw(` id="${name}"`) : ''}${attempt?.values[name] === value ? raw(' checked') : ''}><span>${word}<span class="hint">${definition}</span></span></label>`,
  )}</div></fieldset>`;
}

/** A temporal or environmental metric: not defined unless somebody says so. */
function select(metric: CvssMetric, attempt: Attempt | undefined): Html {
  const name = `cvss_${metric.metric}`;
  return html`<div class="field"><label for="${name}">${metric.name} <span class="soft">(${metric.metric})</span></label><p class="hint">${metric.definition}</p><select id="${name}" name="${name}">${metric.values.map(
    ({ value, name: word }) =>
      html`<option value="${value}"${attempt?.values[name] === value ? raw(' selected') : ''}>${word}</option>`,
  )}</select></div>`;
}

const group = (which: CvssMetric['group']) => cvssMetrics.filter((metric) => metric.group === which);
const isSet = (attempt: Attempt | undefined, which: CvssMetric['group']) =>
  group(which).some(({ metric }) => (attempt?.values[`cvss_${metric}`] ?? 'X') !== 'X');

/** The CVSS 3.1 calculator: scored live where there is script, and always again by the server. */
export const cvssField: Field = {
  kind: 'html',
  body: (attempt) => {
    const fault = faultOf(attempt, 'vector');
    return html`<fieldset><legend>Severity: CVSS 3.1</legend><p class="hint">Choose a value of each base metric, or paste a vector. The desk scores it again when you send the form. Words: ${outward(cvssSource.url, cvssSource.name)}.</p>
<output class="score" data-cvss-score aria-live="polite"></output>
<div class="cvss">${group('base').map((metric) => radios(metric, attempt))}</div>
${folded('Temporal metrics (optional)', html`<div class="cvss">${group('temporal').map((metric) => select(metric, attempt))}</div>`, isSet(attempt, 'temporal'))}
${folded('Environmental metrics (optional)', html`<div class="cvss">${group('environmental').map((metric) => select(metric, attempt))}</div>`, isSet(attempt, 'environmental'))}
<div class="field${fault ? ' wrong' : ''}"><label for="vector">Or a vector <span class="soft">(optional)</span></label><p class="hint">Like CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H. Where it is given, it counts.</p>${fault ? html`<p class="fault" id="vector-fault"><span class="unseen">Error: </span>${fault}</p>` : ''}<input class="mono" type="text" id="vector" name="vector" value="${attempt?.values.vector ?? ''}" autocomplete="off" spellcheck="false" data-cvss-vector></div></fieldset>`;
  },
};
