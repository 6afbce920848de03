import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  ApiMapping,
  DomainName,
  HttpApi,
  HttpMethod,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Certificate, CertificateValidation } from 'aws-cdk-lib/aws-certificatemanager';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { ARecord, HostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { ApiGatewayv2DomainProperties } from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import { environment as changeDeskEnvironment } from '../functions/change-desk/env.ts';
import { changingRoutes, enteringRoute } from '../functions/contracts/routes.ts';
import { environment as openDeskEnvironment } from '../functions/open-desk/env.ts';
import { type DeskContext, DeskFunction } from './desk-function.ts';
import type { DisclosureTable } from './disclosure-table.ts';
import type { DnsRecord } from './inbound-mail.ts';
import type { LinkKeys } from './link-keys.ts';
import type { MailIntake } from './mail-intake.ts';

export interface SignedPagesProps extends DeskContext {
  readonly table: DisclosureTable;
  readonly intake: MailIntake;
  readonly linkKeys: LinkKeys;
}

/**
 * One permission for all routes with a path: the library's own would be one for each route and method, of which those
 * of one path let in the same. The route without a path has its own, as this one does not cover it.
 */
const oneGrant = { scopePermissionToRoute: false };

/** A route to a function that the permission of the route without a path, which names none, lets in already. */
class LetInAlready extends HttpLambdaIntegration {
  protected override completeBind(): void {}
}

/** The log says which route, when and how it went: no query, no fragment, no path, no address, no user agent. */
const accessLog = {
  requestId: '$context.requestId',
  time: '$context.requestTimeEpoch',
  method: '$context.httpMethod',
  route: '$context.routeKey',
  status: '$context.status',
  milliseconds: '$context.responseLatency',
  bytes: '$context.responseLength',
  error: '$context.error.responseType',
};

/** A person waits for a cold start, which Lambda shortens with memory (CPU comes with it). */
const waitedFor = {
  memoryMb: 1024,
  // An HTTP API gives up after 30 s.
  timeoutSeconds: 29,
};

/** The pages behind links, and the door for webhooks. */
export class SignedPages extends Construct {
  readonly api: HttpApi;
  /** Base of every link in a mail, never taken from a request. */
  readonly linkBase: string;
  /** What a link opens: it reads, and may change nothing. */
  readonly openDesk: DeskFunction;
  /** What is sent from a page. */
  readonly changeDesk: DeskFunction;
  /** Records somebody has to make by hand, where no hosted zone is ours. */
  readonly records: readonly DnsRecord[];

  constructor(scope: Construct, props: SignedPagesProps) {
    super(scope, 'SignedPages');
    this.api = new HttpApi(this, 'Api', {
      apiName: Stack.of(this).stackName,
      description: 'Pages behind signed links, and webhooks',
      createDefaultStage: false,
    });
    const stage = this.makeStage(props);
    this.records = props.deployment.local === undefined ? this.nameIt(props, stage) : [];
    const { deployment } = props;
    this.linkBase = deployment.local?.linkBase ?? deployment.config.links.base ?? this.api.apiEndpoint;
    this.openDesk = this.makeReading(props);
    this.changeDesk = this.makeChanging(props);
    this.routePages();
  }

  /** A webhook's door. Who may knock is checked by signature in the function. */
  hook(system: 'github' | 'discourse', observer: DeskFunction): void {
    const routes = this.api.addRoutes({
      path: `/hooks/${system}`,
      methods: [HttpMethod.POST],
      integration: new HttpLambdaIntegration(`Hook-${system}`, observer.function),
    });
    for (const route of routes)
      this.openRoute(route, 'A webhook is authenticated by its HMAC signature, in the function.');
  }

  private makeStage({ key, deployment }: DeskContext): HttpStage {
    const { requestsPerSecond, burst } = deployment.config.links;
    const log = new LogGroup(this, 'AccessLog', {
      logGroupName: `/aws/apigateway/${Stack.of(this).stackName}-pages`,
      retention: deployment.config.logRetentionDays,
      encryptionKey: key,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    return new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: requestsPerSecond, burstLimit: burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(log),
        format: AccessLogFormat.custom(JSON.stringify(accessLog)),
      },
    });
  }

  /** Certificate, domain name and alias of `links.base`; the alias is printed where the zone is not ours. */
  private nameIt({ deployment }: DeskContext, stage: HttpStage): readonly DnsRecord[] {
    const { links, hostedZone } = deployment.config;
    if (links.base === undefined) return [];
    const domainName = new URL(links.base).hostname;
    const zone =
      hostedZone &&
      HostedZone.fromHostedZoneAttributes(this, 'Zone', {
        hostedZoneId: hostedZone.id,
        zoneName: hostedZone.name,
      });
    const certificate =
      links.certificateArn !== undefined
        ? Certificate.fromCertificateArn(this, 'Certificate', links.certificateArn)
        : new Certificate(this, 'Certificate', {
            domainName,
            validation: CertificateValidation.fromDns(zone),
          });
    const domain = new DomainName(this, 'Domain', {
      domainName,
      certificate,
      securityPolicy: SecurityPolicy.TLS_1_2,
    });
    new ApiMapping(this, 'Mapping', { api: this.api, domainName: domain, stage });
    if (zone !== undefined && (domainName === zone.zoneName || domainName.endsWith(`.${zone.zoneName}`))) {
      const target = new ApiGatewayv2DomainProperties(domain.regionalDomainName, domain.regionalHostedZoneId);
      new ARecord(this, 'Alias', {
        zone,
        recordName: `${domainName}.`,
        target: RecordTarget.fromAlias(target),
      });
      return [];
    }
    return [{ id: 'Links', type: 'CNAME', name: domainName, value: domain.regionalDomainName }];
  }

  private makeReading(props: SignedPagesProps): DeskFunction {
    const reading = new DeskFunction(this, {
      ...props,
      ...waitedFor,
      name: 'open-desk',
      description: 'The pages behind links',
      environment: openDeskEnvironment,
    });
    reading.tell('LINK_BASE', this.linkBase);
    props.table.allow(reading, ['GetItem', 'BatchGetItem', 'Query', 'due', 'list']);
    props.linkKeys.allowSigning(reading);
    props.intake.allowShowing(reading);
    props.intake.allowArchive(reading, { read: ['in', 'mail', 'text', 'derived'] });
    return reading;
  }

  private makeChanging(props: SignedPagesProps): DeskFunction {
    const changing = new DeskFunction(this, {
      ...props,
      ...waitedFor,
      name: 'change-desk',
      description: 'What is sent from the pages behind links',
      environment: changeDeskEnvironment,
    });
    changing.tell('LINK_BASE', this.linkBase);
    props.table.allowCommits(changing, 'Query', 'UpdateItem', 'ConditionCheckItem', 'list');
    props.linkKeys.allowSigning(changing);
    props.intake.allowShowing(changing);
    props.intake.allowArchive(changing, { read: ['text', 'derived'], write: ['text', 'derived'] });
    return changing;
  }

  private routePages(): void {
    const entering = new LetInAlready('Entering', this.openDesk.function);
    const changing = new HttpLambdaIntegration('Changes', this.changeDesk.function, oneGrant);
    const routes = [
      new HttpRoute(this, 'Default', {
        httpApi: this.api,
        routeKey: HttpRouteKey.DEFAULT,
        integration: new HttpLambdaIntegration('Pages', this.openDesk.function),
      }),
      ...this.addRoutes(enteringRoute, entering),
      ...changingRoutes.flatMap((route) => this.addRoutes(route, changing)),
    ];
    for (const route of routes)
      this.openRoute(route, 'Pages are opened by signed links and sessions, in the function.');
  }

  private addRoutes(
    { path, methods }: typeof enteringRoute | (typeof changingRoutes)[number],
    integration: HttpLambdaIntegration,
  ): readonly HttpRoute[] {
    return this.api.addRoutes({ path, methods: methods.map((each) => HttpMethod[each]), integration });
  }

  private openRoute(route: Construct, reason: string): void {
    Validations.of(route).acknowledge({ id: 'AwsSolutions-APIG4', reason });
  }
}
