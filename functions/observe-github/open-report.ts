import { addressGroup } from '#commit/address-group.ts';
import { whoIsOnDuty } from '#commit/commit-command.ts';
import { commitDecided, type Round } from '#commit/commit-decided.ts';
import * as messages from '#contracts/messages.ts';
import type { Commit } from '#contracts/ports.ts';
import type { AdvisoryHook } from '#contracts/webhooks.ts';
import { nextDeadline } from '#domain/deadlines.ts';
import type { Disclosure } from '#domain/disclosure.ts';
import type { Instant } from '#domain/instant.ts';
import type { Intake } from '#domain/intake.ts';
import type { Letter } from '#domain/letter.ts';
import { openDisclosure, referenceOf } from '#domain/open-disclosure.ts';
import type { PersonId } from '#domain/people.ts';
import type { ObserveGithubDeps } from './observe-github.ts';

type Report = AdvisoryHook['repository_advisory'];

/** The key of a report's intake: it has no mail, and lies on GitHub. */
export const reportKey = (ghsa: string): string => `github-${ghsa.toLowerCase()}`;

/**
 * A private report filed on GitHub is an intake of kind report and opens a disclosure at once (policy, Words). Its
 * advisory exists already and is adopted at triage; its reporter has no address, so a member answers there (R1).
 */
export async function openReport(deps: ObserveGithubDeps, repository: string, report: Report): Promise<void> {
  const opened = await commitDecided<string>(deps.store, () => round(deps, repository, report));
  const mail = reportKey(report.ghsa_id);
  deps.log(messages.mailTaken, { mail, disclosure: opened, correlation: mail });
}

async function round(deps: ObserveGithubDeps, repository: string, report: Report): Promise<Round<string>> {
  const { store, settings } = deps;
  const mailKey = reportKey(report.ghsa_id);
  const earlier = await store.intake(mailKey);
  if (earlier) return { answer: earlier.disclosures[0] ?? '' };
  const now = deps.clock.now();
  const year = Number(now.slice(0, 4));
  const [last, onDuty] = await Promise.all([store.counter(`disclosure#${year}`), whoIsOnDuty(store, now)]);
  const { policy } = settings;
  const disclosure: Disclosure = {
    ...openDisclosure({
      id: referenceOf(policy.prefix, year, last + 1),
      mailKey,
      receivedAt: now,
      zone: policy.zone,
      responseBusinessDays: policy.responseBusinessDays,
    }),
    githubReport: { repository, ghsa: report.ghsa_id, url: report.html_url },
  };
  const letters = await addressGroup(store, settings, lettersOf(disclosure, onDuty));
  const commit: Commit = {
    writes: [
      { put: 'disclosure', item: disclosure, expect: 0, due: nextDeadline(disclosure, policy) },
      { put: 'intake', item: intakeOf(mailKey, report, disclosure.id, now), expect: 0 },
      { counter: `disclosure#${year}`, expect: last },
    ],
    event: {
      partition: `DISC#${disclosure.id}`,
      cause: mailKey,
      type: 'open-disclosure',
      actor: 'github',
      at: now,
      data: { mail: mailKey, kind: 'report', disposition: 'opened', repository, ghsa: report.ghsa_id },
      letters,
      signals: [{ kind: 'start-execution', generation: disclosure.generation }],
      correlation: mailKey,
    },
  };
  return { commit, done: () => disclosure.id, repeated: (event) => event.partition.slice('DISC#'.length) };
}

function intakeOf(mailKey: string, report: Report, reference: string, now: Instant): Intake {
  const unknown = 'unknown' as const;
  return {
    mailKey,
    version: 1,
    kind: 'report',
    kindBy: 'private report on GitHub',
    disposition: 'opened',
    flags: [],
    receivedAt: now,
    // Nothing is copied: the report is read on GitHub, where it can still change.
    objectKey: report.html_url,
    authenticated: 'yes',
    verdicts: { spam: unknown, virus: unknown, spf: unknown, dkim: unknown, dmarc: unknown },
    subject: report.summary.replace(/\s+/g, ' ').slice(0, 200),
    references: [],
    disclosures: [reference],
    suppressed: 'no-mail-address',
  };
}

/** The report's link for whoever is on duty, else for everyone; and the answer that no mail can give. */
function lettersOf(disclosure: Disclosure, onDuty: PersonId | undefined): readonly Letter[] {
  const to = onDuty ? { person: onDuty } : { group: 'working-group' as const };
  const { id: reference, stage, response, githubReport } = disclosure;
  return [
    {
      template: 'new-report',
      to,
      params: { reference, stage, answerDueAt: response.dueAt, flags: [], onDuty: onDuty !== undefined },
      about: reference,
    },
    {
      template: 'hand-off',
      to,
      params: {
        reference,
        stage,
        what: 'answer-on-github',
        why: 'The report was filed on GitHub, where its reporter has no mail address.',
        ...(githubReport && { repository: githubReport.repository, url: githubReport.url }),
      },
      about: reference,
    },
  ];
}
