import { severityText } from '#domain/rating.ts';
import { InvalidVectorError, severityOf, vectorOf } from '#domain/severity.ts';

/*
 * The live CVSS calculator: a browser script that only shows what the form says. It is the same severity.ts
 * that scores again on the server, so that the two cannot differ. Without script the form works as it is.
 *
 *   <form data-cvss>                         radios or selects named cvss_AV, cvss_AC, … (one per metric)
 *     <output data-cvss-score></output>      becomes "7.5 High" and the vector, or what is still to choose
 *     <input data-cvss-vector>               optional: a pasted vector fills the fields
 */

const fieldPrefix = 'cvss_';

const isField = (element: unknown): element is HTMLInputElement | HTMLSelectElement =>
  (element instanceof HTMLInputElement || element instanceof HTMLSelectElement) &&
  element.name.startsWith(fieldPrefix);

/** The values of the fields now, by metric. */
function chosen(form: HTMLFormElement): Record<string, string> {
  const entries = [...new FormData(form)].flatMap(([name, value]): [string, string][] =>
    name.startsWith(fieldPrefix) && typeof value === 'string'
      ? [[name.slice(fieldPrefix.length), value]]
      : [],
  );
  return Object.fromEntries(entries);
}

/** Sets the fields to a vector's metrics; what the vector leaves out becomes "not defined". */
function fill(form: HTMLFormElement, metrics: ReadonlyMap<string, string>): void {
  for (const field of [...form.elements].filter(isField)) {
    const value = metrics.get(field.name.slice(fieldPrefix.length));
    if (field instanceof HTMLSelectElement) {
      const unset = [...field.options].find((option) => option.value === 'X' || option.value === '');
      field.value = value ?? unset?.value ?? '';
    } else {
      field.checked = value === undefined ? field.value === 'X' || field.value === '' : field.value === value;
    }
  }
}

function say(output: Element, text: string, rating: string, vector = ''): void {
  const strong = document.createElement('strong');
  strong.textContent = text;
  const code = document.createElement('code');
  code.textContent = vector;
  output.replaceChildren(strong, ...(vector ? [' ', code] : []));
  output.setAttribute('data-rating', rating);
}

function refresh(form: HTMLFormElement, output: Element): void {
  try {
    const severity = severityOf(vectorOf(chosen(form)));
    say(output, severityText(severity), severity.rating, severity.vector);
  } catch (error) {
    if (!(error instanceof InvalidVectorError)) throw error;
    const missing = error.fault === 'missing-metric';
    say(output, missing ? `Still to choose: ${error.metrics.join(', ')}` : error.message, '');
  }
}

function take(input: HTMLInputElement, form: HTMLFormElement): void {
  try {
    const given = input.value.replace(/\s/g, '');
    if (given !== '') fill(form, severityOf(given).metrics);
    input.setCustomValidity('');
  } catch (error) {
    if (!(error instanceof InvalidVectorError)) throw error;
    input.setCustomValidity(error.message);
  }
}

for (const form of document.querySelectorAll<HTMLFormElement>('form[data-cvss]')) {
  const output = form.querySelector('[data-cvss-score]');
  const input = form.querySelector<HTMLInputElement>('input[data-cvss-vector]');
  if (output === null) continue;
  form.addEventListener('input', (event) => {
    if (event.target === input && input !== null) take(input, form);
    refresh(form, output);
  });
  // A browser that restores a form (back button, reload) fires no input event for it.
  addEventListener('pageshow', () => refresh(form, output));
  refresh(form, output);
}
