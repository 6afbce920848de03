import { join } from 'node:path';
import { commandLine } from './command-line.ts';
import { advise, announce, type Check, publish, release, report, triage, type Witness } from './demo-life.ts';
import { type Ports, startDesk, usualPorts } from './desk.ts';
import { projectRoot } from './emulator/environment.ts';

/**
 * `npm run demo`: a desk of its own on free ports, and one vulnerability carried from a mail to a published
 * advisory by SMTP and by HTTP on the links found in the mails. Exits 0 only if every check held.
 */
const usage = `npm run demo -- [options]
  Carries one vulnerability from a mail to a published advisory on a desk of its own, and says what it checked.
  --keep  go on with the desk of the last demonstration instead of a new one
Exit code 0 only if every check held.`;

const { values } = commandLine(usage, { keep: { type: 'boolean' } });
const began = performance.now();
const seconds = (): string => ((performance.now() - began) / 1000).toFixed(1).padStart(6);
const checks: Check[] = [];
let clock = (): string => '                ';
const witness: Witness = {
  say: (line) => process.stdout.write(`${seconds()} s  ${clock()}  ${line}\n`),
  check(rule, what, held, found) {
    checks.push({ rule, what, held, found });
    process.stdout.write(
      `${seconds()} s  ${clock()}  ${held ? '✓' : '✗'} ${rule}: ${what}${held ? '' : ` — found ${found ?? 'nothing'}`}\n`,
    );
  },
};

const anyPort = Object.fromEntries(Object.keys(usualPorts).map((name) => [name, 0])) as unknown as Ports;
const desk = await startDesk({
  folder: join(projectRoot, '.desk', 'demo'),
  ports: anyPort,
  fresh: !values.keep,
  progress: (line) => process.stderr.write(`${seconds()} s  ${line}\n`),
});
let failure: unknown;
try {
  clock = () => desk.clock.now().slice(0, 16).replace('T', ' ');
  const life = await report(desk, witness);
  await triage(life);
  await advise(life);
  await announce(life);
  const maintainer = await release(life);
  await publish(life, maintainer);
} catch (error) {
  failure = error;
  process.stderr.write(`${(error as Error).stack}\n`);
} finally {
  await desk.close();
}
const broken = checks.filter(({ held }) => !held);
process.stdout.write(
  `\n${checks.length - broken.length} checks held, ${broken.length} did not, ${seconds().trim()} s\n`,
);
process.exit(failure === undefined && broken.length === 0 && checks.length > 20 ? 0 : 1);
