/**
 * The walls of the house (README, "How it is built"). What is forbidden here is forbidden for a reason that the
 * compiler cannot see; test/boundaries proves with planted violations that each wall stands.
 *
 * @type {import('dependency-cruiser').IConfiguration}
 */
export default {
  forbidden: [
    {
      name: 'functions-not-to-lib',
      comment: 'What runs in Lambda knows nothing of how it is deployed.',
      severity: 'error',
      from: { path: '^functions/' },
      to: { path: '^(lib|bin|local|test|bench)/' },
    },
    {
      name: 'lib-to-contracts-and-env-only',
      comment: 'The deployment reads settings, metrics and environments, never a rule or a handler.',
      severity: 'error',
      from: { path: '^(lib|bin)/' },
      to: { path: '^functions/', pathNot: '^functions/(contracts/|[a-z-]+/env\\.ts$)' },
    },
    {
      name: 'domain-is-pure',
      comment: 'Rules import rules and the CVSS library, nothing else.',
      severity: 'error',
      from: { path: '^functions/domain/' },
      to: { pathNot: ['^functions/domain/', '^node_modules/cvss4/'] },
    },
    {
      name: 'no-lambda-to-another',
      comment: 'What two functions share lies in a room of its own.',
      severity: 'error',
      from: {
        path: '^functions/([a-z-]+)/',
        pathNot: '^functions/(domain|contracts|adapters|letters|pages|commit|web)/',
      },
      to: {
        path: '^functions/([a-z-]+)/',
        pathNot: ['^functions/$1/', '^functions/(domain|contracts|adapters|letters|pages|commit|web)/'],
      },
    },
    {
      name: 'rooms-not-to-lambdas',
      comment: 'A shared room does not know who uses it.',
      severity: 'error',
      from: { path: '^functions/(domain|contracts|adapters|letters|pages|commit|web)/' },
      to: {
        path: '^functions/[a-z-]+/',
        pathNot: '^functions/(domain|contracts|adapters|letters|pages|commit|web)/',
      },
    },
    {
      name: 'adapters-behind-handlers',
      comment:
        'A use case takes ports; only the handler, its wiring or a worker that it starts knows adapters.',
      severity: 'error',
      from: {
        path: '^functions/',
        pathNot: ['^functions/adapters/', '/(handler|wiring)\\.ts$', '-worker\\.ts$'],
      },
      to: { path: '^functions/adapters/' },
    },
    {
      name: 'wiring-behind-handlers',
      comment:
        'A wiring is the half of its handler that may load late (serve.ts), or what another one begins with; not a way round the wall.',
      severity: 'error',
      from: { pathNot: '/(handler|serve|wiring)\\.ts$' },
      to: { path: '^functions/[a-z-]+/wiring\\.ts$' },
    },
    {
      name: 'no-sdk-outside-adapters',
      comment: 'The cloud is an outside system like any other.',
      severity: 'error',
      from: { path: '^functions/', pathNot: '^functions/adapters/' },
      to: { path: '^node_modules/@(aws-sdk|smithy)/' },
    },
    {
      name: 'product-not-to-local',
      comment: 'Local code stands in for the outside world, never for our own.',
      severity: 'error',
      from: { path: '^(functions|lib|bin)/' },
      to: { path: '^(local|test|bench)/' },
    },
    {
      name: 'the-model-shares-nothing',
      comment:
        'The yardstick of the reminders is written from the policy’s text: it shares no code with the desk.',
      severity: 'error',
      from: { path: '^local/simulate/(model|plan)\\.ts$' },
      to: { pathNot: ['^local/simulate/plan\\.ts$', '^node_modules/temporal-polyfill/'] },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['import', 'node', 'default', 'types'],
      exportsFields: ['exports'],
    },
  },
};
