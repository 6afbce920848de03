import { join } from 'node:path';
import { commandLine, wrongCall } from './command-line.ts';
import { type Ports, startDesk, usualPorts } from './desk.ts';
import { projectRoot } from './emulator/environment.ts';

const usage = `npm start -- [options]
  --fresh            begin anew: forget the kept state
  --json             print one line of JSON when ready
  --folder DIR       keep the state there (default: .desk)
${Object.entries(usualPorts)
  .map(
    ([name, port]) =>
      `${`  --${name}-port N`.padEnd(21)}port of the ${name} (default: ${port}; 0: a free one)`,
  )
  .join('\n')}
Where AWS_ENDPOINT_URL names an emulator on this machine, that one is used.`;

const text = { type: 'string' } as const;

function portsOf(values: Readonly<Record<string, unknown>>): Ports {
  const entries = Object.entries(usualPorts).map(([name, usual]) => {
    const given = values[`${name}-port`];
    const port = given === undefined ? usual : Number(given);
    if (!Number.isInteger(port) || port < 0 || port > 65535)
      wrongCall(usage, `--${name}-port ${String(given)}: give a number from 0 to 65535.`);
    return [name, port];
  });
  return Object.fromEntries(entries) as unknown as Ports;
}

async function main(): Promise<void> {
  const { values } = commandLine(usage, {
    fresh: { type: 'boolean' },
    json: { type: 'boolean' },
    folder: text,
    ...Object.fromEntries(Object.keys(usualPorts).map((name) => [`${name}-port`, text])),
  });
  const ports = portsOf(values);
  const began = performance.now();
  const progress = (line: string): void => {
    process.stderr.write(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}\n`);
  };
  const abort = new AbortController();
  let close: (() => Promise<void>) | undefined;
  let stopping = false;
  const stop = (): void => {
    abort.abort();
    if (stopping) return;
    stopping = true;
    progress('stopping');
    close?.().then(() => process.exit());
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);

  const desk = await startDesk({
    folder: typeof values.folder === 'string' ? values.folder : join(projectRoot, '.desk'),
    ports,
    fresh: values.fresh === true,
    endpoint: process.env.AWS_ENDPOINT_URL,
    progress,
    signal: abort.signal,
  });
  close = () => desk.close();
  if (abort.signal.aborted) {
    await desk.close();
    return;
  }
  const { securityAddress, ...addresses } = desk.addresses;
  if (values.json)
    process.stdout.write(`${JSON.stringify({ ready: true, ...addresses, securityAddress })}\n`);
  else
    process.stdout.write(
      [
        '',
        `The desk is ready (${((performance.now() - began) / 1000).toFixed(0)} s). Open ${addresses.console}`,
        '',
        `  Console     ${addresses.console}    mailbox, disclosures, clock`,
        `  Desk        ${addresses.desk}/desk    members sign in`,
        `  Mail        ${securityAddress} by SMTP at ${addresses.smtp}`,
        `  GitHub      ${addresses.github}    stand-in`,
        `  Discourse   ${addresses.discourse}    stand-in`,
        `  AWS         ${addresses.endpoint}    stack ${addresses.stack}`,
        '',
        'Ctrl-C stops everything.',
        '',
      ].join('\n'),
    );
  desk.ended.then(() => {
    // Stopped by us: that is no failure.
    if (stopping) return;
    progress('the emulator ended by itself');
    process.exitCode = 1;
    stop();
  });
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}
