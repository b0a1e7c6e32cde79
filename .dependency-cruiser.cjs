/**
 * The directions of DESIGN: contracts <- topology, retry, lifecycle <- broker <- client, control, worker, limits
 * <- nest, testing <- apps. Each room names what it may import among the rooms of libs/jobs; anything else is an error.
 */
const rooms = {
  contracts: [],
  lifecycle: ['contracts'],
  topology: ['contracts', 'lifecycle'],
  retry: ['contracts', 'topology', 'lifecycle'],
  events: ['contracts', 'lifecycle', 'broker', 'topology'],
  broker: ['contracts', 'topology', 'lifecycle', 'retry'],
  client: ['contracts', 'topology', 'retry', 'lifecycle', 'broker', 'control', 'events'],
  control: ['contracts', 'topology', 'lifecycle', 'broker', 'events'],
  limits: ['contracts', 'topology', 'lifecycle', 'broker', 'control', 'events'],
  worker: ['contracts', 'topology', 'retry', 'lifecycle', 'broker', 'control', 'limits', 'events'],
  scheduling: ['contracts', 'topology', 'retry', 'lifecycle', 'broker', 'control', 'events', 'client'],
};

/** The bus itself knows only the contracts: every room may state facts. What listens to it sits higher. */
const eventBus = '^libs/jobs/src/events/event-bus';

const room = (name) => `^libs/jobs/src/${name}/`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    ...Object.entries(rooms).map(([name, allowed]) => ({
      name: `${name}-looks-only-down`,
      severity: 'error',
      from: { path: room(name), pathNot: '\\.(spec|type-spec)\\.ts$' },
      to: { path: '^libs/jobs/src/', pathNot: [...[name, ...allowed].map(room), eventBus] },
    })),
    {
      name: 'core-knows-no-nest',
      comment: 'Only nest/ and testing/ may import @nestjs/*',
      severity: 'error',
      from: { path: '^libs/jobs/src/', pathNot: ['^libs/jobs/src/(nest|testing)/', '\\.spec\\.ts$'] },
      to: { path: '(^|/)@nestjs/' },
    },
    {
      name: 'only-the-amqp-broker-knows-amqplib',
      severity: 'error',
      from: { pathNot: ['^libs/jobs/src/broker/amqp/', '^test/', '^bench/', '\\.spec\\.ts$'] },
      to: { path: '(^|/)(amqplib|amqp-connection-manager)(/|$)' },
    },
    {
      name: 'apps-use-entry-points',
      comment: 'Apps and other packages import @scutwork/jobs, never its files',
      severity: 'error',
      from: { path: '^(apps|libs/(?!jobs/))' },
      to: { path: '^libs/jobs/src/', pathNot: '^libs/jobs/src/(index|wire|(nest|testing)/index)\\.ts$' },
    },
    {
      name: 'libraries-know-no-apps',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^apps/' },
    },
    {
      name: 'local-stands-alone',
      comment: 'It starts brokers and databases; it does not speak to them as the product does',
      severity: 'error',
      from: { path: '^libs/local/' },
      to: { path: '(^|/)(@nestjs/|libs/jobs/)' },
    },
    {
      name: 'no-test-code-in-products',
      severity: 'error',
      from: { path: '^(libs|apps)/[^/]+/src/', pathNot: '\\.(spec|type-spec)\\.ts$' },
      to: { path: '(^test/|\\.spec\\.ts$)' },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.test.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
