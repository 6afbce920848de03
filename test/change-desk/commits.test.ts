import { beforeEach, describe, expect, it } from 'vitest';
import { commitCommand } from '#commit/commit-command.ts';
import type { IntakeDecision } from '#contracts/forms.ts';
import { VersionConflict } from '#contracts/store-errors.ts';
import { Refused } from '#domain/errors.ts';
import type { Intake } from '#domain/intake.ts';
import { commitIntakeDecision, commitLetter, enrolPerson } from '../../functions/change-desk/commits.ts';
import { Desk, reference } from '../open-desk/desk.ts';

let desk: Desk;
let queued: Intake;
const deps = () => {
  const { store, clock, settings, signer } = desk;
  return { store, clock, settings, signer, commit: commitCommand({ store, clock, settings }) };
};
const decide = (decision: IntakeDecision, cause = 'act:1', expectVersion = 1) => {
  const { id: person } = desk.who('mo');
  return commitIntakeDecision(deps())({
    mailKey: 'mail-9',
    decision,
    actor: { kind: 'member', person },
    cause,
    expectVersion,
    checks: [{ person, epoch: 1 }],
  });
};

beforeEach(async () => {
  desk = new Desk();
  await desk.seed();
  const advisor = await desk.addPerson('asks@example.org', ['reporter']);
  queued = await desk.addMail(
    'mail-9',
    advisor.id,
    {},
    {
      disposition: 'recorded',
      kind: 'advice',
      disclosures: [],
    },
  );
});

describe('R20, R21: what a mail registers is recorded by a member', () => {
  const operator = {
    decision: 'operator' as const,
    operatorAddress: 'security@site.example',
    instance: 'A Site',
    domains: 'Courses.Site.Example\nmooc.site.example, courses.site.example',
    contact: 'ann@site.example',
  };

  it('R21: an operator with best address, instance, domains and separately a contact; they are told', async () => {
    await decide(operator);

    const id = desk.signer.pseudonym('security@site.example');
    expect(await desk.store.person(id)).toMatchObject({
      address: 'security@site.example',
      roles: ['operator'],
      operator: {
        instance: 'A Site',
        domains: ['courses.site.example', 'mooc.site.example'],
        contact: 'ann@site.example',
      },
    });
    expect(await desk.store.intake('mail-9')).toMatchObject({
      kind: 'operator-registration',
      disposition: 'recorded',
      decidedBy: desk.who('mo').id,
    });
    const [, event] = await desk.store.events('INTAKE#mail-9');
    expect(event?.letters).toEqual([{ template: 'operator-recorded', to: { person: id }, params: {} }]);
    // A8: the event names the person by id alone.
    expect(JSON.stringify(event)).not.toContain('site.example');
  });

  it('R21: writing again changes the record, and a domain is never two operators’', async () => {
    await decide(operator);
    await decide({ ...operator, instance: 'A Better Site' }, 'act:2', 2);

    const other = decide({ ...operator, operatorAddress: 'x@evil.test', instance: 'Evil' }, 'act:3', 3);

    await expect(other).rejects.toThrow('is recorded for A Better Site already');
    expect(await desk.store.person(desk.signer.pseudonym('x@evil.test'))).toBeUndefined();
  });

  it.each(['https://site.example/', 'site', '10.0.0.1', 'site.example/login', '*.site.example'])(
    'R21: %s is no domain',
    async (domains) => {
      await expect(decide({ ...operator, domains })).rejects.toMatchObject({ rule: 'R21', field: 'domains' });
    },
  );

  it('R20: a volunteer, of a recorded team or vouched for by the member; nobody else', async () => {
    const volunteer = { decision: 'volunteer' as const, volunteerAddress: 'vera@example.org' };

    await expect(decide(volunteer)).rejects.toMatchObject({ rule: 'R20', field: 'team' });
    await decide({ ...volunteer, volunteerName: 'Vera', vouch: 'yes' });

    expect(await desk.store.person(desk.signer.pseudonym('vera@example.org'))).toMatchObject({
      name: 'Vera',
      roles: ['volunteer'],
      volunteer: { vouchedBy: desk.who('mo').id },
    });
    const letters = (await desk.store.events('INTAKE#mail-9')).flatMap((event) => event.letters);
    expect(letters.map(({ template }) => template)).toEqual(['volunteer-recorded']);
  });
});

describe('a member’s decision on one mail (policy, Words: everything else becomes one only by a member’s act)', () => {
  it('opens a disclosure: number, letters, execution and the mail’s disposition in one commit', async () => {
    const result = await decide({ decision: 'open' });
    expect(result).toEqual({ outcome: 'done', disclosure: 'EDX-2026-0002' });
    const opened = await desk.store.disclosure(result.disclosure ?? '');
    expect(opened).toMatchObject({ stage: 'received', intakes: ['mail-9'], reporters: [queued.from] });
    expect(await desk.store.intake('mail-9')).toMatchObject({ disposition: 'opened', kind: 'report' });
    const [event] = await desk.store.events(`DISC#${result.disclosure ?? ''}`);
    expect(event?.signals).toEqual([{ kind: 'start-execution', generation: 1 }]);
    expect(event?.letters.map(({ template }) => template)).toEqual([
      'new-report',
      'new-report',
      'acknowledgement',
    ]);
  });

  it('opens one disclosure of one form, however often it is sent', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => decide({ decision: 'open' })));
    expect(new Set(all.map(({ disclosure }) => disclosure))).toEqual(new Set(['EDX-2026-0002']));
    expect(all.filter(({ outcome }) => outcome === 'done')).toHaveLength(1);
  });

  it('splits a mail: opened again, it leads to a second disclosure', async () => {
    const first = await decide({ decision: 'open' });
    const second = await decide({ decision: 'open' }, 'act:2', 2);
    expect(second.disclosure).not.toBe(first.disclosure);
    expect((await desk.store.intake('mail-9'))?.disclosures).toEqual([first.disclosure, second.disclosure]);
  });

  it('never acknowledges a sender who is not authenticated, or whom a rule excludes', async () => {
    const at = await desk.store.intake('mail-9');
    if (!at) throw new Error('the mail is gone');
    await desk.store.commit({
      writes: [{ put: 'intake', item: { ...at, version: 2, authenticated: 'no' }, expect: 1 }],
      event: desk.event('INTAKE#mail-9', 'x', 'x'),
    });
    const result = await decide({ decision: 'open' }, 'act:1', 2);
    const [event] = await desk.store.events(`DISC#${result.disclosure ?? ''}`);
    expect(event?.letters.map(({ template }) => template)).not.toContain('acknowledgement');
  });

  it('attaches it to a disclosure, and refuses one that does not exist', async () => {
    const attach = { decision: 'attach', reference, asReporter: 'yes' } as const;
    await expect(decide({ ...attach, reference: 'EDX-2026-0999' })).rejects.toThrow(Refused);
    await decide(attach);
    expect(await desk.store.intake('mail-9')).toMatchObject({
      disposition: 'attached',
      disclosures: [reference],
    });
    expect((await desk.stored()).reporters).toContain(queued.from);
  });

  it('gives it another kind and leaves it in the list; takes it off the list as "not"', async () => {
    await decide({ decision: 'kind', kind: 'volunteer' });
    expect(await desk.store.listed('queue')).toEqual(['mail-9']);
    await decide({ decision: 'not' }, 'act:2', 2);
    expect(await desk.store.listed('queue')).toEqual([]);
    expect((await desk.store.intake('mail-9'))?.disposition).toBe('ignored');
  });

  it('counts once per form, and not on a revision that moved on', async () => {
    await decide({ decision: 'kind', kind: 'volunteer' });
    expect(await decide({ decision: 'kind', kind: 'volunteer' })).toEqual({ outcome: 'repeated' });
    await expect(decide({ decision: 'not' }, 'act:2', 1)).rejects.toThrow(VersionConflict);
  });
});

describe('letters and people outside a disclosure', () => {
  it('a letter is an event of its person, once per cause', async () => {
    const { id } = desk.who('mo');
    const letter = { template: 'sign-in', to: { person: id }, params: {}, about: 'desk' } as const;
    await commitLetter(deps())({ person: id, letter, cause: 'entry:1' });
    await commitLetter(deps())({ person: id, letter, cause: 'entry:1' });
    const events = await desk.store.events(`PERSON#${id}`);
    expect(events.filter(({ type }) => type === 'write-letter')).toHaveLength(1);
  });

  it('a person is recorded by address, once, and keeps the roles they had', async () => {
    const fresh = await enrolPerson(deps())('New@Example.org', 'maintainer');
    const again = await enrolPerson(deps())('new@example.org', 'maintainer');
    expect(again).toEqual(fresh);
    const member = await enrolPerson(deps())('mo@openedx.example', 'maintainer');
    expect(member.roles).toEqual(['member', 'maintainer']);
    expect(member.epoch).toBe(1);
  });
});
