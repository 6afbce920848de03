import type { DeskConfig } from '../../lib/desk-config.ts';

/** What CloudFormation says of the desk's stack. */
export interface StackView {
  readonly status: string;
  readonly account: string;
  readonly region: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** Address of the topic of alarms. */
  readonly alarmsTopic?: string | undefined;
}

/** What SES says of the sending domain. */
export interface IdentityView {
  readonly verified: boolean;
  readonly dkim: boolean;
  readonly dkimTokens: readonly string[];
  /** The envelope sender's domain; absent where none is set. */
  readonly mailFrom?: { readonly domain: string; readonly ready: boolean } | undefined;
}

export interface ReceiptRuleView {
  readonly name: string;
  readonly enabled: boolean;
  readonly scans: boolean;
  /** None: every address of the account. */
  readonly recipients: readonly string[];
  readonly bucket?: string | undefined;
  /** Stops the rules behind it, or gives the mail back. */
  readonly ends: boolean;
}

/** Settings of table and bucket that a restored one may lack. */
export interface RecordView {
  readonly table: {
    readonly stream: boolean;
    readonly backups: boolean;
    readonly ttl: boolean;
    readonly protection: boolean;
  };
  readonly bucket: { readonly versions: boolean; readonly private: boolean; readonly encrypted: boolean };
}

/** The administrator's look at AWS; each answers what is there, and throws only where it may not look. */
export interface AwsView {
  stack(name: string): Promise<StackView | undefined>;
  sendingQuota(): Promise<{ readonly perDay: number; readonly perSecond: number; readonly enabled: boolean }>;
  identity(domain: string): Promise<IdentityView>;
  activeRules(): Promise<{ readonly name: string; readonly rules: readonly ReceiptRuleView[] } | undefined>;
  schedules(group: string): Promise<readonly { readonly name: string; readonly enabled: boolean }[]>;
  subscriptions(
    topic: string,
  ): Promise<
    readonly { readonly protocol: string; readonly endpoint: string; readonly confirmed: boolean }[]
  >;
  record(table: string, bucket: string): Promise<RecordView>;
  /** The fields of a secret that holds a JSON object; undefined where there is no such secret. */
  secret(name: string): Promise<Readonly<Record<string, string>> | undefined>;
}

/** DNS answers, in lower case and without the dot at their end; empty where there are none. */
export interface DnsView {
  mx(name: string): Promise<readonly string[]>;
  txt(name: string): Promise<readonly string[]>;
  cname(name: string): Promise<readonly string[]>;
}

export interface InstallationView {
  readonly permissions: Readonly<Record<string, string>>;
  readonly events: readonly string[];
  readonly suspended: boolean;
}

/** GitHub as the configured App sees it. */
export interface GithubView {
  /** Undefined where there is no such installation of this App. */
  installation(): Promise<InstallationView | undefined>;
  /** Where GitHub posts what happens; empty where nothing is set. */
  hookUrl(): Promise<string>;
  /** May it read the repository's advisories? The HTTP status of asking. */
  advisoriesOf(repository: string): Promise<number>;
}

/** HTTP statuses of what is asked of the desk's own doors and of the forum. */
export interface HttpView {
  /** Where a system has to post its webhooks. */
  door(system: 'github' | 'discourse', base: string): string;
  /** Posts a signed `ping` to a webhook's door. */
  ping(system: 'github' | 'discourse', base: string, secret: string): Promise<number>;
  /** Asks for the category's topics, as the account of the key where one is given. */
  category(key?: { readonly key: string; readonly username: string }): Promise<number>;
}

/** What became of a test mail. */
export interface TestMail {
  /** Stores the nonce unused, sends the mail that carries it, and waits; the intake's disposition where it became one. */
  send(nonce: string): Promise<string | undefined>;
}

/** All that the doctor looks at. */
export interface DoctorWorld {
  readonly config: DeskConfig;
  /** The desk on this machine: what only AWS has is not applicable. */
  readonly local: boolean;
  readonly aws: AwsView;
  readonly dns: DnsView;
  readonly github: (secret: Readonly<Record<string, string>>) => GithubView;
  readonly http: HttpView;
  readonly testMail: (stack: StackView) => TestMail;
}
