import { existsSync, readFileSync } from 'node:fs';
import validate from 'asl-validator';
import { describe, expect, test } from 'vitest';
import { stages, transitions } from '#domain/lifecycle.ts';
import { machineStateOf, waits } from '#domain/machine.ts';
import { lastRetry } from '../../functions/notify-maintainers/notify-maintainers.ts';
import { Case, deskActor, githubActor, member, textRef } from '../support/desk-situation.ts';

interface State {
  readonly Type: string;
  readonly Resource?: string;
  readonly TimeoutSeconds?: unknown;
  readonly Arguments?: { readonly FunctionName?: string; readonly Payload?: { readonly wait?: string } };
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly { readonly Next: string; readonly Condition: string }[];
  readonly Retry?: readonly unknown[];
  readonly Catch?: readonly { readonly ErrorEquals: readonly string[]; readonly Next: string }[];
  readonly ItemProcessor?: { readonly States: Readonly<Record<string, State>> };
}

const text = readFileSync('statemachines/disclosure.asl.json', 'utf8');
const definition = JSON.parse(text) as { readonly States: Readonly<Record<string, State>> };

/** Every state with the name of the Map it lies in. */
const all = Object.entries(definition.States).flatMap(([name, state]) => [
  { name, state, map: undefined as string | undefined },
  ...Object.entries(state.ItemProcessor?.States ?? {}).map(([inner, each]) => ({
    name: inner,
    state: each,
    map: name,
  })),
]);
const tasks = all.filter(({ state }) => state.Type === 'Task');
const tokenWaits = tasks.filter(({ state }) => state.Resource?.endsWith('.waitForTaskToken'));
const kebab = (name: string): string => name.replace(/(?<=.)([A-Z])/g, '-$1').toLowerCase();
const folderOf = (state: State): string =>
  kebab(/^\$\{(\w+)FunctionArn\}$/.exec(state.Arguments?.FunctionName ?? '')?.[1] ?? '');

/** States that a state leads to without a fault, seen through Choices. */
function next(name: string): readonly string[] {
  const state = definition.States[name];
  const direct = [state?.Next, state?.Default, ...(state?.Choices ?? []).map((choice) => choice.Next)];
  return direct.flatMap((target) =>
    target === undefined ? [] : definition.States[target]?.Type === 'Choice' ? next(target) : [target],
  );
}

describe('the state machine', () => {
  test('is valid Amazon States Language with JSONata', () => {
    expect(validate(JSON.parse(text)).errors).toEqual([]);
  });

  test('name law: a state that works, its folder and its placeholder have one name', () => {
    const working = tasks.filter(({ state }) => folderOf(state) !== 'hold-token');
    for (const { name, map, state } of working) {
      expect(existsSync(`functions/${folderOf(state)}/handler.ts`), name).toBe(true);
      expect([kebab(name), kebab(map ?? name)]).toContain(folderOf(state));
    }
    expect(working.length).toBeGreaterThan(5);
  });

  test('states that wait share hold-token, and say which wait they are', () => {
    expect(tokenWaits.map(({ name }) => name).sort()).toEqual([...waits].sort());
    for (const { name, state } of tokenWaits) {
      expect(folderOf(state)).toBe('hold-token');
      expect(state.Arguments?.Payload?.wait).toBe(name);
    }
  });

  test('every Task has Retry and Catch, and a time-out', () => {
    for (const { name, state } of tasks) {
      expect(state.Retry?.length, name).toBeGreaterThan(0);
      expect(state.Catch?.at(-1)?.ErrorEquals, name).toEqual(['States.ALL']);
      expect(typeof state.TimeoutSeconds, name).toBe('number');
    }
  });

  test('each retry of an unanswered GitHub comes to the last try, which does without its sources', () => {
    const retries = definition.States.NotifyMaintainers?.Retry as readonly { readonly MaxAttempts: number }[];

    expect(definition.States.NotifyMaintainers?.Arguments?.Payload).toMatchObject({
      retries: '{% $states.context.State.RetryCount %}',
    });
    expect(retries.every(({ MaxAttempts }) => MaxAttempts >= lastRetry)).toBe(true);
  });

  test('every token wait ends after a literal time of 60 days at most, and then the execution is renewed', () => {
    for (const { state } of tokenWaits) {
      expect(state.TimeoutSeconds).toBeLessThanOrEqual(60 * 86_400);
      expect(state.Catch?.[0]).toMatchObject({ ErrorEquals: ['States.Timeout'], Next: 'RenewExecution' });
    }
  });

  test('no rule rests on a Wait: the desk’s clock decides, not that of Step Functions', () => {
    expect(all.filter(({ state }) => state.Type === 'Wait')).toEqual([]);
  });

  test('its edges are those of the transition table: a stage leads on to what the table leads to', () => {
    // The state that waits at a stage; a stage change moves the machine along an edge.
    const waitOf: Readonly<Record<string, string>> = {
      received: 'AwaitTriage',
      triaged: 'AwaitAnnouncement',
      advised: 'AwaitAnnouncement',
      announced: 'AwaitMerge',
      merged: 'AwaitPublication',
      published: 'CloseDisclosure',
    };
    const reach = (from: string): ReadonlySet<string> => {
      const seen = new Set<string>();
      const queue = [...next(from)];
      for (let at = queue.pop(); at; at = queue.pop()) {
        if (seen.has(at)) continue;
        seen.add(at);
        // Work goes on by itself; what waits ends the way.
        if (!(waits as readonly string[]).includes(at)) queue.push(...next(at));
      }
      return seen;
    };
    for (const { command, from, to } of transitions)
      for (const source of from)
        for (const target of to) {
          if (stages.indexOf(target) <= stages.indexOf(source)) continue;
          const [here, there] = [waitOf[source] ?? '', waitOf[target] ?? ''];
          if (here !== there) expect([...reach(here)], `${command}: ${source} → ${target}`).toContain(there);
        }
  });

  test('an exit leads from every wait to the end', () => {
    for (const wait of waits) expect(next(wait)).toContain('CloseDisclosure');
  });

  test('an execution can begin at every state that the record may ask for', () => {
    const asked = new Set(
      [new Case(), new Case().advised(), new Case().announced(), new Case().merged()].map((it) =>
        machineStateOf(it.disclosure),
      ),
    );
    for (const state of asked) expect(next('Resume')).toContain(state);
    expect(next('Resume')).toEqual(
      expect.arrayContaining(['OpenAdvisories', 'NotifyMaintainers', 'ScheduleRelease']),
    );
  });
});

describe('where the record puts the machine', () => {
  test('a repository more, another maintainer and a new instant lead it back', () => {
    const more = new Case().announced();
    more.do(deskActor, { name: 'record-schedules', at: more.disclosure.release?.at ?? '' });
    expect(machineStateOf(more.disclosure)).toBe('AwaitMerge');
    more.do(member, { name: 'add-repository', repository: { repository: 'openedx/more', ecosystem: 'npm' } });
    expect(machineStateOf(more.disclosure)).toBe('OpenAdvisories');

    const renamed = new Case().advised();
    renamed.do(member, {
      name: 'name-maintainer',
      repository: 'openedx/one',
      maintainer: { id: 'owners:p-new', people: ['p-new'], source: 'member' },
      reason: 'moved',
    });
    expect(machineStateOf(renamed.disclosure)).toBe('NotifyMaintainers');
    expect(machineStateOf(new Case().announced().disclosure)).toBe('ScheduleRelease');
  });

  test('an exit and a publication lead to the end', () => {
    const spam = new Case();
    spam.do(member, { name: 'mark-spam' });
    const published = new Case().merged();
    published.do(githubActor, { name: 'see-advisory', repository: 'openedx/one', state: 'published' });
    published.do(deskActor, { name: 'see-reply', url: 'https://forum.test/t/1/2', visibleAt: published.now });

    expect(machineStateOf(spam.disclosure)).toBe('CloseDisclosure');
    expect(machineStateOf(published.disclosure)).toBe('CloseDisclosure');
    expect(machineStateOf(new Case().disclosure)).toBe('AwaitTriage');
    const held = new Case();
    held.do(member, { name: 'ask-information', reply: textRef('q') });
    expect(machineStateOf(held.disclosure)).toBe('AwaitTriage');
  });
});
