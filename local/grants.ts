import { commandLine } from './command-line.ts';
import { loadConfig } from './desk.ts';
import { evaluateGrants, requestsFolder } from './grants/evaluate.ts';
import { reportOn } from './grants/report.ts';

const usage = `npm run grants -- [options]
  Takes each grant of the template away in turn and asks the emulator's own evaluator again what the emulator tests
  asked (npm run test:emulator keeps it). Exits 1 for a grant without which nothing is refused, unless
  local/grants/unasked.ts says why, and for whatever was refused.
  --folder DIR     where the tests kept what was asked (.desk/requests)`;

const { values } = commandLine(usage, { folder: { type: 'string', default: requestsFolder } });
const { stackName } = await loadConfig();
const evaluation = await evaluateGrants(values.folder, stackName);
const { needed, explained, problems } = reportOn(evaluation);
for (const problem of problems) process.stdout.write(`${problem}\n`);
process.stdout.write(
  `${evaluation.grants.length} grants: without ${needed} something that the tests do is refused, ` +
    `${explained} cannot be asked for here (local/grants/unasked.ts), ` +
    `${evaluation.asked} different requests asked; ${problems.length} problems\n`,
);
process.exitCode = problems.length > 0 ? 1 : 0;
