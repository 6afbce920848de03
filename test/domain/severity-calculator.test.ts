import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';
import { metricLetters, metricsOf, severityOf } from '#domain/severity.ts';

let script = '';

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: ['functions/pages/calculator/calculator.ts'],
    bundle: true,
    minify: true,
    format: 'iife',
    mainFields: ['module', 'main'],
    write: false,
  });
  script = outputFiles[0]?.text ?? '';
});

/** As much of a browser as the script touches: one form of radios, one output, one field for a vector. */
function page(checked: Record<string, string> = {}) {
  class HTMLInputElement {
    name = '';
    value = '';
    checked = false;
    error = '';
    setCustomValidity(message: string) {
      this.error = message;
    }
  }
  class HTMLSelectElement {}
  const radios = [...metricLetters].flatMap(([metric, letters]) =>
    [...letters].map((value) =>
      Object.assign(new HTMLInputElement(), {
        name: `cvss_${metric}`,
        value,
        checked: (checked[metric] ?? 'X') === value,
      }),
    ),
  );
  const text = (children: unknown[]) =>
    children.map((child) => (typeof child === 'string' ? child : (child as Node).textContent)).join('');
  const output = {
    shown: '',
    rating: '',
    replaceChildren: (...children: unknown[]) => {
      output.shown = text(children);
    },
    setAttribute: (_name: string, value: string) => {
      output.rating = value;
    },
  };
  const pasted = new HTMLInputElement();
  let changed: (event: { target: unknown }) => void = () => {};
  const form = {
    elements: radios,
    querySelector: (selector: string) => (selector === '[data-cvss-score]' ? output : pasted),
    addEventListener: (_type: string, listener: typeof changed) => {
      changed = listener;
    },
  };
  runInNewContext(script, {
    HTMLInputElement,
    HTMLSelectElement,
    FormData: function FormData() {
      return radios.filter((radio) => radio.checked).map(({ name, value }) => [name, value]);
    },
    addEventListener: () => {},
    document: { querySelectorAll: () => [form], createElement: () => ({ textContent: '' }) },
  });
  return {
    output,
    pasted,
    choose(metric: string, value: string) {
      for (const radio of radios.filter(({ name }) => name === `cvss_${metric}`)) {
        radio.checked = radio.value === value;
      }
      changed({ target: radios[0] });
    },
    paste(vector: string) {
      pasted.value = vector;
      changed({ target: pasted });
    },
  };
}

describe('the live calculator', () => {
  test('is one small classic script without inline evaluation', () => {
    expect(script.length).toBeLessThan(16_000);
    expect(script).not.toMatch(/\beval\(|new Function|innerHTML|document\.write/);
  });

  test('R4: says what is still to choose, then scores with every choice as the server does', () => {
    const { output, choose } = page();

    expect(output).toMatchObject({ shown: 'Still to choose: AV, AC, PR, UI, S, C, I, A', rating: '' });
    for (const [at, value] of [...'NLNNUHHH'].entries()) choose(metricsOf('base')[at] ?? '', value);
    expect(output).toMatchObject({
      shown: '9.8 Critical CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
      rating: 'critical',
    });
    choose('MAV', 'P');
    expect(output).toMatchObject({
      rating: 'medium',
      shown: expect.stringMatching(/^6\.8 Medium .*\/MAV:P$/),
    });
  });

  test('a pasted vector fills the form, and a malformed one says why and changes nothing', () => {
    const vector = 'CVSS:3.1/AV:A/AC:H/PR:L/UI:R/S:C/C:L/I:N/A:H/E:P/MS:U';
    const { output, pasted, paste } = page({ AV: 'N' });

    paste(vector);
    const filled = output.shown;
    paste(vector.replace('AV:A', 'AV:Q'));

    expect(filled).toBe(`${severityOf(vector).score.toFixed(1)} Medium ${vector}`);
    expect(pasted.error).toBe('AV is one of N, A, L, P.');
    expect(output.shown).toBe(filled);
  });
});
