/** Packages that ship ES modules only: jest runs CommonJS, so these are transformed. */
const esmOnly = ['croner', 'jose', 'nodemailer', 'postal-mime'];

const common = {
  testEnvironment: 'node',
  transform: { '^.+\\.[cm]?[jt]sx?$': ['@swc/jest', require('./swc.jest.cjs')] },
  transformIgnorePatterns: [`/node_modules/(?!(?:${esmOnly.join('|')})/)`],
  moduleNameMapper: {
    '^@scutwork/jobs$': '<rootDir>/libs/jobs/src/index.ts',
    '^@scutwork/jobs/wire$': '<rootDir>/libs/jobs/src/wire.ts',
    '^@scutwork/ledger$': '<rootDir>/libs/ledger/src/index.ts',
    '^@scutwork/jobs/(nest|testing)$': '<rootDir>/libs/jobs/src/$1/index.ts',
    '^@scutwork/app$': '<rootDir>/libs/app/src/index.ts',
    '^@scutwork/local$': '<rootDir>/libs/local/src/index.ts',
    '^@scutwork/workers/jobs$': '<rootDir>/apps/workers/src/jobs/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  // A whole system may lie there: see scripts/rabbitmq4.mjs.
  modulePathIgnorePatterns: ['<rootDir>/\\.cache/'],
  clearMocks: true,
  setupFilesAfterEnv: ['<rootDir>/test/support/set-timeout.ts'],
};

/** @type {import('jest').Config} */
module.exports = {
  projects: [
    {
      ...common,
      displayName: 'unit',
      rootDir: __dirname,
      testMatch: ['<rootDir>/{libs,apps}/*/src/**/*.spec.ts', '<rootDir>/test/faults/!(campaigns)/**/*.spec.ts'],
    },
    {
      ...common,
      displayName: 'broker',
      rootDir: __dirname,
      testMatch: ['<rootDir>/test/{promises,interop}/**/*.spec.ts'],
      globalSetup: '<rootDir>/test/support/global-setup.ts',
      globalTeardown: '<rootDir>/test/support/global-teardown.ts',
    },
    {
      // Minutes for each: three nodes, or two releases. Not part of `npm test`.
      ...common,
      displayName: 'cluster',
      rootDir: __dirname,
      testMatch: ['<rootDir>/test/cluster/*.spec.ts'],
      globalSetup: '<rootDir>/test/support/global-setup.ts',
      globalTeardown: '<rootDir>/test/support/global-teardown.ts',
    },
    {
      ...common,
      displayName: 'faults',
      rootDir: __dirname,
      testMatch: ['<rootDir>/test/faults/campaigns/*.spec.ts'],
    },
  ],
};
