import { describe, expect, test, vi } from 'vitest';
import {
  activateInbound,
  deactivateInbound,
  type InboundProperties,
  InboundRefused,
} from '../../functions/activate-inbound/activate-inbound.ts';

const asked: InboundProperties = {
  ruleSet: 'Desk-rules',
  joins: 'false',
  takeOver: 'false',
  mx: ['desk.example'],
  mailServer: 'inbound-smtp.us-east-1.amazonaws.com',
};

const world = (active: string | undefined, servers: readonly string[] = []) => ({
  activeRuleSet: async () => active,
  activate: vi.fn(async (_: string | undefined) => {}),
  mailServers: async () => servers,
});

describe('one receipt rule set is active in an account and region', () => {
  test('ours becomes it where none is', async () => {
    const deps = world(undefined);
    await activateInbound(deps)(asked);
    expect(deps.activate).toHaveBeenCalledExactlyOnceWith('Desk-rules');
  });

  test('nothing happens where it already is', async () => {
    const deps = world('Desk-rules', ['inbound-smtp.us-east-1.amazonaws.com']);
    await activateInbound(deps)(asked);
    expect(deps.activate).not.toHaveBeenCalled();
  });

  test("another system's is never silenced without being told to", async () => {
    const deps = world('crm-rules');
    await expect(activateInbound(deps)(asked)).rejects.toThrow(
      /crm-rules is active.*receiving\.ruleSet.*takeOver/,
    );
    expect(deps.activate).not.toHaveBeenCalled();
  });

  test('takeOver says so', async () => {
    const deps = world('crm-rules');
    await activateInbound(deps)({ ...asked, takeOver: 'true' });
    expect(deps.activate).toHaveBeenCalledExactlyOnceWith('Desk-rules');
  });

  test('a set that is joined is left as it is, and has to be active', async () => {
    const joining = { ...asked, ruleSet: 'crm-rules', joins: 'true' as const };
    const deps = world('crm-rules');
    await activateInbound(deps)(joining);
    expect(deps.activate).not.toHaveBeenCalled();
    await expect(activateInbound(world('other'))(joining)).rejects.toThrow(InboundRefused);
  });

  test('a name whose mail another server receives is refused before anything is activated', async () => {
    const deps = world(undefined, ['mx.university.example']);
    await expect(activateInbound(deps)(asked)).rejects.toThrow(
      /desk\.example already receives mail at mx\.university/,
    );
    expect(deps.activate).not.toHaveBeenCalled();
  });
});

describe('when the stack is destroyed', () => {
  test.each([
    ['ours is deactivated', 'Desk-rules', 'false', 1],
    ["another's stays", 'crm-rules', 'false', 0],
    ['a joined one stays', 'Desk-rules', 'true', 0],
  ] as const)('%s', async (_, active, joins, calls) => {
    const deps = world(active);
    await deactivateInbound(deps)({ ...asked, joins });
    expect(deps.activate).toHaveBeenCalledTimes(calls);
  });
});
