import { beforeEach, describe, expect, it } from 'vitest';
import { Desk, reference } from './desk.ts';

let desk: Desk;
beforeEach(async () => {
  desk = new Desk();
  await desk.seed();
});

const answers = (operator: string) => ({
  outcome: 'operator',
  operator,
  operatorText: 'Please look at this.',
  withAttachments: 'no',
  reply_operator: '',
});
const warning = 'The report names none of the domains of Example University';

describe('R3: a report is matched with operators by domain', () => {
  it('the operator whose domain the report names stands first, and its forward needs no second look', async () => {
    await desk.addPerson('aa@other.example', ['operator'], {
      operator: { instance: 'A Site', domains: ['other.example'] },
    });
    desk.mails.set('mail-1', {
      text: 'On https://courses.university.example/login one can …',
      truncated: false,
      attachments: [],
    });
    const mo = await desk.as('mo', 'member');
    const page = await mo.text();

    const preview = await (
      await mo.submit(page, `/d/${reference}/triage`, answers(desk.who('security').id))
    ).text();

    expect(page).toContain('The report names courses.university.example: Example University.');
    const options = [...page.matchAll(/<option value="p-[^"]*">([^<]*)</g)].map(([, label]) => label);
    expect(options).toEqual([
      'Example University (university.example): named in the report',
      'A Site (other.example)',
    ]);
    expect(preview).toContain('Forward to Example University');
    expect(preview).not.toContain(warning);
  });

  it.each([
    'https://university.example.evil.test/login',
    'https://university.example@evil.test/',
    'https://univ\u0435rsity.example/login',
  ])('a lookalike is nobody’s: %s', async (text) => {
    desk.mails.set('mail-1', { text, truncated: false, attachments: [] });
    const mo = await desk.as('mo', 'member');
    const page = await mo.text();

    const preview = await (
      await mo.submit(page, `/d/${reference}/triage`, answers(desk.who('security').id))
    ).text();

    expect(page).toContain('The report names no recorded operator’s domain');
    expect(preview).toContain(warning);
  });
});
