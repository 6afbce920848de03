import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Letter, LetterTemplate } from '#domain/letter.ts';
import { keepPrivate, MissingLink, MissingText, textsOf } from '#letters/context.ts';
import { headerValue, UnsafeHeader } from '#letters/layout.ts';
import { renderLetter } from '#letters/render-letter.ts';
import { context, letterOf, samples, settings, templates } from './samples.ts';

const withoutLink: LetterTemplate[] = ['shift-summary', 'swap-answered'];
/** Nothing is behind a link that could be asked of these. */
const neverLinks: LetterTemplate[] = ['operator-recorded', 'volunteer-recorded'];
const carriesWords = templates.filter((template) => textsOf(letterOf(template)).length > 0);
const aboutDetails = templates.filter(
  (template) => 'stage' in samples[template] || ['operator-forward', 'reminder'].includes(template),
);

/** What a reader of the HTML reads: tags gone, entities resolved, links' targets kept beside their words. */
function readHtml(html: string): string {
  return html
    .replace(/<head>.*?<\/head>/s, '')
    .replace(/<a href="([^"]*)"[^>]*>(.*?)<\/a>/g, '$2:\n$1')
    .replace(/<[^>]+>/g, ' ')
    .replace(/&middot;/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&');
}
/** The words alone: without the marks of quotes, lists and signature. */
const words = (text: string) =>
  text
    .replace(/^[>-] /gm, ' ')
    .replace(/-- /g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

describe.each(templates)('the letter %s', (template) => {
  const rendered = renderLetter(letterOf(template), context());

  it('says the same in text and in HTML (style, Pages and letters 9)', () => {
    expect(words(readHtml(rendered.html))).toBe(words(rendered.text));
  });

  it('is short, signed, and has a subject of one line', () => {
    expect(rendered.subject).toMatch(/^[^\r\n\0]{5,150}$/);
    expect(rendered.text).toContain(`-- \n${settings.identity.signature}`);
    expect(rendered.text.split('\n').length).toBeLessThan(45);
  });

  it('gives its one link', () => {
    const shown = rendered.text.match(/https:\/\/desk\.openedx\.example\/a#t=[^\s]+/g) ?? [];
    const expected = neverLinks.includes(template) ? 0 : template === 'reminder' ? 6 : 1;
    expect(shown).toHaveLength(expected);
    if (![...withoutLink, ...neverLinks].includes(template))
      expect(rendered.html).toContain(shown[0]?.replace(/&/g, '&amp;'));
  });

  it('keeps every line of plain text within what mail programs show, links aside', () => {
    const long = rendered.text.split('\n').filter((line) => line.length > 80 && !line.includes('://'));
    expect(long).toEqual([]);
  });
});

describe('handover and swaps (OEP-60 R2, R9)', () => {
  const plain = (template: LetterTemplate, params: unknown = samples[template]) =>
    words(renderLetter(letterOf(template, params), context()).text);

  it('the brief lists what is due in the next shift and the promises about to lapse', () => {
    const text = plain('shift-brief');

    expect(text).toContain('EDX-2026-0002: the first answer to the reporter is due (A1), ');
    expect(text).toContain('reminder to openedx/committers: monthly, 2 entries, ');
    expect(text).toContain('EDX-2026-0002: first answer by ');
    // Of three open ones two did not fit.
    expect(text).toContain('2 more, on the page');
  });

  it('a brief of before lists were kept is still sent', () => {
    const { ahead, aheadInAll, promises, openInAll, ...before } = samples['shift-brief'];

    expect(plain('shift-brief', before)).toContain('Reminders due next: 1 Promises about to lapse: 1');
  });

  it('owners without a team are told by their names', () => {
    const [of] = samples['shift-begins'].reminders;
    const ids = ['p-aaaaaaaaaaaaaaaaaaaaaaaa', 'p-bbbbbbbbbbbbbbbbbbbbbbbb'];
    const reminders = [{ ...of, maintainer: `owners:${ids.join(',')}` }];
    const letter = letterOf('shift-begins', { ...samples['shift-begins'], reminders });

    const { text } = renderLetter(letter, context({ names: { [ids[0] as string]: 'Kofi Mensah' } }));

    expect(words(text)).toContain('Kofi Mensah, a recorded person: monthly');
  });

  it('the summary names what went out, or says that nothing did', () => {
    expect(plain('shift-summary')).toContain('openedx/committers: monthly, 5 entries, ');
    expect(
      plain('shift-summary', { ...samples['shift-summary'], sent: 0, entries: 0, reminders: [] }),
    ).toContain('nothing went out in your name');
  });

  it('an offer says what is asked in return', () => {
    for (const template of ['swap-proposed', 'swap-answered'] as const)
      expect(plain(template)).toMatch(/In return .* Shift begins: Monday 18 January 2027/);
  });
});

describe('what a mail may say (policy)', () => {
  const canaries = ['CANARY-REPORT', 'CANARY-REPORTER', 'CANARY-SUMMARY', 'CANARY-VECTOR', 'CANARY-REASON'];

  it.each(templates.filter((template) => !carriesWords.includes(template)))(
    '%s holds no detail, even where one is at hand',
    (template) => {
      const params = {
        ...samples[template],
        ...('reason' in samples[template] && { reason: 'CANARY-REASON' }),
        // What the types forbid, and a careless commit might add all the same.
        summary: 'CANARY-SUMMARY',
        vector: 'CANARY-VECTOR',
        subject: 'CANARY-REPORT',
      };
      const rendered = renderLetter(
        letterOf(template, params),
        context({
          texts: { other: 'CANARY-REPORT' },
          names: { 'p-mo': 'Mo Member', 'p-reporter': 'CANARY-REPORTER' },
        }),
      );
      const all = JSON.stringify(rendered);
      expect(canaries.filter((canary) => all.includes(canary))).toEqual([]);
    },
  );

  it('only letters that a member confirmed on a preview carry words', () => {
    expect(carriesWords.sort()).toEqual([
      'answer-to-reporter',
      'information-asked',
      'operator-forward',
      'reminder',
      'reporter-outcome',
    ]);
  });

  it('acknowledgements and answers never repeat the sender’s subject (mail rules, Acknowledgement)', () => {
    const params = { ...samples['answer-to-reporter'], subject: 'CANARY-REPORT' };
    const rendered = renderLetter(letterOf('answer-to-reporter', params), context());
    expect(JSON.stringify(rendered)).not.toContain('CANARY-REPORT');
  });

  it('never names a reporter as the one who acted', () => {
    const params = { ...samples['act-notice'], by: 'reporter:p-reporter' };
    const rendered = renderLetter(
      letterOf('act-notice', params),
      context({ names: { 'p-reporter': 'CANARY-REPORTER' } }),
    );
    expect(rendered.text).toContain('The reporter adjudicated the severity');
    expect(JSON.stringify(rendered)).not.toContain('CANARY-REPORTER');
  });
});

describe('R28: everyone with access to details is asked to keep them private', () => {
  it.each(aboutDetails)('%s says so', (template) => {
    const { text } = renderLetter(letterOf(template), context());
    expect(text.replace(/\s+/g, ' ')).toContain(keepPrivate);
  });
});

describe('R6: the maintainer notification', () => {
  it('carries the number and the rating', () => {
    const { text, subject } = renderLetter(letterOf('maintainer-notification'), context());
    expect(text).toContain('7.5 High');
    expect(subject).toContain('7.5 High');
  });

  it('invents no number for a label alone', () => {
    const { repository } = samples['maintainer-notification'];
    const params = { reference: 'EDX-2026-0001', repository, rating: 'high' };
    const { text } = renderLetter(letterOf('maintainer-notification', params), context());
    expect(text).toMatch(/Severity: +High/);
  });
});

describe('R10: a reminder', () => {
  it('says where a plain answer goes, and with which case it is kept where there are several', () => {
    const [line] = samples.reminder.lines;
    const lines = [line, { ...line, reference: 'EDX-2026-0002' }];
    const say = (params: unknown) => words(renderLetter(letterOf('reminder', params), context()).text);

    expect(say(samples.reminder)).toContain('A plain answer to this mail reaches the working group. ');
    expect(say({ ...samples.reminder, lines })).toContain(
      'reaches the working group; it counts as an answer on each of them and is kept with EDX-2026-0001, so please name the one you mean.',
    );
  });

  it('gives each case its five answers', () => {
    const { text } = renderLetter(letterOf('reminder'), context());
    for (const answer of [
      'Fix expected on …',
      'Need help',
      'Severity is wrong',
      'Not ours: reassign',
      'Already fixed',
    ])
      expect(text).toContain(answer);
    expect(text).toContain('Sent for Mo Member, who is on duty.');
  });
});

describe('instants', () => {
  it('are given in the desk’s zone and in UTC', () => {
    const { text } = renderLetter(letterOf('publish-now'), context());
    expect(text.replace(/\s+/g, ' ')).toContain(
      'Tuesday 3 March 2026, 10:00 (America/New_York, UTC-05:00) = Tuesday 3 March 2026, 15:00 UTC',
    );
  });
});

describe('faults', () => {
  it('a letter whose words or link are missing is not sent', () => {
    expect(() => renderLetter(letterOf('answer-to-reporter'), context({ texts: {} }))).toThrow(MissingText);
    expect(() => renderLetter(letterOf('new-report'), context({ link: undefined }))).toThrow(MissingLink);
  });

  it('header values with CR, LF or NUL are refused: 500 payloads', () => {
    const payload = fc.tuple(
      fc.string(),
      fc.constantFrom('\r\n', '\n', '\r', '\0', '\r\nBcc: a@b'),
      fc.string(),
    );
    fc.assert(
      fc.property(payload, ([before, breaking, after]) => {
        expect(() => headerValue(before + breaking + after)).toThrow(UnsafeHeader);
      }),
      { numRuns: 500 },
    );
  });

  it('no value of any parameter can break a subject', () => {
    const hostile = 'x\r\nBcc: everyone@example.org\0';
    const params = { ...samples['operator-forward'], instance: hostile };
    const { subject } = renderLetter(letterOf('operator-forward', params), context());
    expect(subject).not.toMatch(/[\r\n\0]/);
  });

  it('shows markup as text: nothing that was written can become HTML', () => {
    const script = '<script>alert(1)</script><img src=x onerror=alert(1)>';
    const { html } = renderLetter(
      letterOf('answer-to-reporter'),
      context({ texts: { 'texts/words': script } }),
    );
    expect(html).not.toContain('<script>alert');
    expect(html).not.toContain('<img');
    expect(html).toContain('&lt;script&gt;');
  });

  it('marks what carries details as sensitive', () => {
    const sensitive = templates.filter((template) => renderLetter(letterOf(template), context()).sensitive);
    expect(sensitive.sort()).toEqual(['answer-to-reporter', 'information-asked', 'operator-forward']);
  });
});

it('a hand-off’s address arrives whole, however long the repository’s name', () => {
  const repository = `openedx/${'frontend-app-'.repeat(7)}x`;
  const address = `https://github.com/${repository}/security/advisories/new`;
  const why = `GitHub refused (403). By hand: Open a draft advisory in ${repository} whose description holds the line "Disclosure: EDX-2026-0001": ${address}`;

  const letter: Letter = {
    ...{ template: 'hand-off', to: { person: 'p-member' }, about: 'EDX-2026-0001' },
    params: { reference: 'EDX-2026-0001', what: 'open-advisory', why, repository },
  };

  expect(renderLetter(letter, context()).text).toContain(address);
});
