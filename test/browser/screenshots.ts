import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../local/emulator/environment.ts';
import { fillTriage } from './triage.ts';
import { linkTo, members, openLink, receiveReport, startWorld } from './world.ts';

/** `npm run screenshots`: takes the README's picture of the triage page anew, from the real desk. */
const folder = join(projectRoot, 'docs', 'images');
mkdirSync(folder, { recursive: true });
const world = await startWorld((line) => process.stderr.write(`${line}\n`));
try {
  const reference = await receiveReport(
    world,
    'ada@reporter.example',
    'Reset tokens can be guessed',
    'Hello,\n\nthe tokens in password reset mails are made from the clock. I could guess one within a minute:\n\n1. ask for a reset of any account\n2. note the minute\n3. try the 60 tokens of that minute\n\nAda Lovelace',
  );
  const context = await world.window({ viewport: { width: 1180, height: 1380 }, deviceScaleFactor: 1.5 });
  const page = await openLink(context, linkTo(world, members(world), reference, /New report/));
  await fillTriage(page, 'openedx/openedx-platform', 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N');
  const file = join(folder, 'triage.png');
  // From the top: the stage, what is asked, the report, and the form below it; no pointer over anything.
  await page.mouse.move(0, 0);
  await page.evaluate(() => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    scrollTo(0, 0);
  });
  await page.screenshot({ path: file });
  process.stdout.write(`${file}\n`);
} finally {
  await world.close();
}
