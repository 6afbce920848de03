import type { MetricGroup } from './severity.ts';

/** One value of a metric: its letter in a vector, its name, and the standard's definition, shortened. */
export interface CvssValue {
  readonly value: string;
  readonly name: string;
  readonly definition: string;
}

/** One metric of CVSS 3.1 as a form shows it; the form's field is named `cvss_` + `metric`. */
export interface CvssMetric {
  readonly metric: string;
  readonly name: string;
  readonly group: MetricGroup;
  readonly definition: string;
  readonly values: readonly CvssValue[];
}

/** Where the words come from, for the foot of a page that shows them. */
export const cvssSource = {
  name: 'Common Vulnerability Scoring System version 3.1, FIRST.Org, Inc.',
  url: 'https://www.first.org/cvss/v3.1/specification-document',
} as const;

const value = (letter: string, name: string, definition: string): CvssValue => ({
  value: letter,
  name,
  definition,
});

const baseMetrics: readonly CvssMetric[] = [
  {
    metric: 'AV',
    name: 'Attack Vector',
    group: 'base',
    definition: 'The context by which vulnerability exploitation is possible.',
    values: [
      value(
        'N',
        'Network',
        'The vulnerable component is bound to the network stack and the set of possible attackers extends up to and including the entire Internet.',
      ),
      value(
        'A',
        'Adjacent',
        'Bound to the network stack, but the attack is limited at the protocol level to a logically adjacent topology.',
      ),
      value(
        'L',
        'Local',
        'Not bound to the network stack; the attacker’s path is via read, write or execute capabilities, or relies on another person.',
      ),
      value('P', 'Physical', 'The attacker has to physically touch or manipulate the vulnerable component.'),
    ],
  },
  {
    metric: 'AC',
    name: 'Attack Complexity',
    group: 'base',
    definition:
      'The conditions beyond the attacker’s control that must exist in order to exploit the vulnerability.',
    values: [
      value('L', 'Low', 'Specialized access conditions or extenuating circumstances do not exist.'),
      value(
        'H',
        'High',
        'A successful attack depends on conditions beyond the attacker’s control and cannot be accomplished at will.',
      ),
    ],
  },
  {
    metric: 'PR',
    name: 'Privileges Required',
    group: 'base',
    definition:
      'The level of privileges an attacker must possess before successfully exploiting the vulnerability.',
    values: [
      value('N', 'None', 'The attacker is unauthorized prior to attack.'),
      value(
        'L',
        'Low',
        'The attacker requires privileges that provide basic user capabilities, or access to non-sensitive resources only.',
      ),
      value(
        'H',
        'High',
        'The attacker requires privileges that provide significant (for example administrative) control over the vulnerable component.',
      ),
    ],
  },
  {
    metric: 'UI',
    name: 'User Interaction',
    group: 'base',
    definition:
      'The requirement for a user, other than the attacker, to participate in the successful compromise.',
    values: [
      value('N', 'None', 'The vulnerable system can be exploited without interaction from any user.'),
      value('R', 'Required', 'A user has to take some action before the vulnerability can be exploited.'),
    ],
  },
  {
    metric: 'S',
    name: 'Scope',
    group: 'base',
    definition: 'Does a successful attack impact a component other than the vulnerable component?',
    values: [
      value('U', 'Unchanged', 'Only resources managed by the same security authority can be affected.'),
      value(
        'C',
        'Changed',
        'Resources beyond the security scope of the vulnerable component’s authority can be affected.',
      ),
    ],
  },
  {
    metric: 'C',
    name: 'Confidentiality',
    group: 'base',
    definition: 'The impact to the confidentiality of the information resources managed by the component.',
    values: [
      value('N', 'None', 'There is no loss of confidentiality within the impacted component.'),
      value(
        'L',
        'Low',
        'Some restricted information is obtained; the attacker does not control what, or the loss is limited.',
      ),
      value(
        'H',
        'High',
        'Total loss of confidentiality, or what is disclosed presents a direct, serious impact.',
      ),
    ],
  },
  {
    metric: 'I',
    name: 'Integrity',
    group: 'base',
    definition: 'The impact to the trustworthiness and veracity of information.',
    values: [
      value('N', 'None', 'There is no loss of integrity within the impacted component.'),
      value(
        'L',
        'Low',
        'Modification of data is possible, without control over the consequence, or its amount is limited.',
      ),
      value(
        'H',
        'High',
        'Total loss of integrity, or malicious modification would present a direct, serious consequence.',
      ),
    ],
  },
  {
    metric: 'A',
    name: 'Availability',
    group: 'base',
    definition: 'The impact to the availability of the impacted component itself.',
    values: [
      value('N', 'None', 'There is no impact to availability within the impacted component.'),
      value(
        'L',
        'Low',
        'Performance is reduced or there are interruptions, but service is not completely denied to legitimate users.',
      ),
      value(
        'H',
        'High',
        'The attacker can fully deny access to resources, or the loss presents a direct, serious consequence.',
      ),
    ],
  },
];

const notDefined = (like: string): CvssValue =>
  value('X', 'Not Defined', `There is insufficient information to choose one of the others; scores ${like}.`);

const temporalMetrics: readonly CvssMetric[] = [
  {
    metric: 'E',
    name: 'Exploit Code Maturity',
    group: 'temporal',
    definition:
      'The likelihood of the vulnerability being attacked, from exploit techniques, code and active exploitation.',
    values: [
      notDefined('like High'),
      value('U', 'Unproven', 'No exploit code is available, or an exploit is theoretical.'),
      value(
        'P',
        'Proof-of-Concept',
        'Proof-of-concept exploit code is available, or an attack is not practical for most systems.',
      ),
      value(
        'F',
        'Functional',
        'Functional exploit code works in most situations where the vulnerability exists.',
      ),
      value(
        'H',
        'High',
        'Functional autonomous code exists, or no exploit is required and details are widely available.',
      ),
    ],
  },
  {
    metric: 'RL',
    name: 'Remediation Level',
    group: 'temporal',
    definition: 'Whether a patch, a temporary fix or a workaround is available.',
    values: [
      notDefined('like Unavailable'),
      value('O', 'Official Fix', 'A complete vendor solution is available: a patch or an upgrade.'),
      value('T', 'Temporary Fix', 'There is an official but temporary fix available.'),
      value('W', 'Workaround', 'There is an unofficial, non-vendor solution available.'),
      value('U', 'Unavailable', 'There is either no solution available or it is impossible to apply.'),
    ],
  },
  {
    metric: 'RC',
    name: 'Report Confidence',
    group: 'temporal',
    definition: 'The degree of confidence in the existence of the vulnerability and its technical details.',
    values: [
      notDefined('like Confirmed'),
      value('U', 'Unknown', 'There are reports of impacts, but the cause is unknown or the reports differ.'),
      value(
        'R',
        'Reasonable',
        'Significant details are published, without full confidence in the root cause; one impact is verified.',
      ),
      value(
        'C',
        'Confirmed',
        'Detailed reports exist, functional reproduction is possible, or the author has confirmed it.',
      ),
    ],
  },
];

const requirement = (metric: string, of: string): CvssMetric => ({
  metric,
  name: `${of} Requirement`,
  group: 'environmental',
  definition: `The importance of the affected asset to a user’s organization, measured in terms of ${of}.`,
  values: [
    notDefined('like Medium'),
    value('L', 'Low', `Loss of ${of} is likely to have only a limited adverse effect on the organization.`),
    value('M', 'Medium', `Loss of ${of} is likely to have a serious adverse effect on the organization.`),
    value('H', 'High', `Loss of ${of} is likely to have a catastrophic adverse effect on the organization.`),
  ],
});

const modified = (base: CvssMetric): CvssMetric => ({
  metric: `M${base.metric}`,
  name: `Modified ${base.name}`,
  group: 'environmental',
  definition: `Overrides ${base.name} for the specific characteristics of a user’s environment.`,
  values: [
    value('X', 'Not Defined', `The value assigned to ${base.name} is used to calculate the score.`),
    ...base.values,
  ],
});

/** Every metric of CVSS 3.1 in canonical order. */
export const cvssMetrics: readonly CvssMetric[] = [
  ...baseMetrics,
  ...temporalMetrics,
  requirement('CR', 'Confidentiality'),
  requirement('IR', 'Integrity'),
  requirement('AR', 'Availability'),
  ...baseMetrics.map(modified),
];

/** A metric's value in words, `Attack Vector: Network`; undefined where either is no part of CVSS 3.1. */
export function metricText(metric: string, letter: string): string | undefined {
  const found = cvssMetrics.find((each) => each.metric === metric);
  const chosen = found?.values.find((each) => each.value === letter);
  return found && chosen ? `${found.name}: ${chosen.name}` : undefined;
}
