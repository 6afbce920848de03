import { expect, test } from 'vitest';
import type { ShowMailRequest } from '#contracts/mail-show.ts';
import { showMailRequest } from '#contracts/mail-show.ts';
import type { Intake } from '#domain/intake.ts';
import { mailReader } from '../../functions/web/mail-reader.ts';

const intakeAt = (objectKey: string) => ({ mailKey: 'mail-1', objectKey }) as Intake;

test('a report that was filed on GitHub has no mail: nobody is asked for one', async () => {
  const asked: ShowMailRequest[] = [];
  const reader = mailReader(async (request) => {
    asked.push(showMailRequest.parse(request));
    return { failed: 'missing' };
  });

  const filed = intakeAt('https://github.com/openedx/x/security/advisories/GHSA-1');
  expect(await reader.read(filed)).toBeUndefined();
  expect(await reader.extractAttachment(filed, 0)).toBeUndefined();
  expect(asked).toEqual([]);

  await reader.read(intakeAt('mail/2026/03/mail-1'));
  expect(asked).toHaveLength(1);
});
