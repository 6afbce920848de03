import { afterEach, expect, test, vi } from 'vitest';
import { createLog } from '#adapters/logger.ts';
import * as messages from '#contracts/messages.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

test('a message is one line of JSON: level, words, instant, service, trace, code, and its fields', () => {
  vi.stubEnv('POWERTOOLS_SERVICE_NAME', 'DisclosureDesk');
  vi.stubEnv(
    '_X_AMZN_TRACE_ID',
    'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0',
  );
  const lines: string[] = [];

  createLog((line) => lines.push(line))(messages.letterFailed, { disclosure: 'EDX-2026-0001', attempts: 2 });

  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain('\n');
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    level: 'ERROR',
    message: 'A letter could not be sent',
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    service: 'DisclosureDesk',
    trace: '1-5759e988-bd862e3fe1be46a994272793',
    code: 'POST03',
    disclosure: 'EDX-2026-0001',
    attempts: 2,
  });
});

test('outside Lambda there is no trace, and no field without a value', () => {
  vi.stubEnv('_X_AMZN_TRACE_ID', '');
  const lines: string[] = [];

  createLog((line) => lines.push(line))(messages.swept, { found: undefined });

  expect(Object.keys(JSON.parse(lines[0] ?? ''))).not.toEqual(expect.arrayContaining(['trace']));
  expect(lines[0]).not.toContain('found');
});
