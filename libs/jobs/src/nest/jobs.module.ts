import { DynamicModule, FactoryProvider, Global, Module, Provider } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, MetadataScanner } from '@nestjs/core';
import { JobsClient } from '../client/jobs-client';
import type { AnyJob } from '../contracts/define-job';
import { EventBus } from '../events/event-bus';
import { JobServer } from './job-server';
import type { JobsModuleAsyncOptions, JobsModuleOptions } from './jobs-options';
import { JobsRuntime, makeRuntime } from './jobs-runtime';
import { JOBS_BROKER, JOBS_OPTIONS, JOBS_RUNTIME } from './jobs.constants';
import { JobsExplorer } from './jobs.explorer';
import { JobsHealthIndicator } from './jobs.health';
import { JobsMetadataAccessor } from './jobs-metadata.accessor';
import { JobsCloser, JobsOrchestrator } from './jobs.orchestrator';
import { JobsFeature, JobsRegistry } from './jobs.registry';

/** Not dynamic, so there is one of it per application, however often the others are imported. */
@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [JobsRegistry, JobsMetadataAccessor, JobsExplorer, MetadataScanner],
  exports: [JobsRegistry, JobsExplorer, DiscoveryModule],
})
class JobsRegistryModule {}

/** What is injected anywhere: client, bus, broker. */
@Module({})
class JobsCoreModule {
  static with(options: Provider, imports: DynamicModule['imports'] = []): DynamicModule {
    return {
      module: JobsCoreModule,
      global: true,
      imports: [...imports, JobsRegistryModule],
      providers: [options, runtime, ...parts, JobsHealthIndicator, JobsCloser],
      exports: [runtime, ...parts, JobsHealthIndicator],
    };
  }
}

/** The value providers of `forFeature` exist before the first factory runs: they are collected, not awaited. */
const runtime: FactoryProvider<JobsRuntime> = {
  provide: JOBS_RUNTIME,
  inject: [JOBS_OPTIONS, JobsRegistry, DiscoveryService],
  useFactory: (options: JobsModuleOptions, registry: JobsRegistry, discovery: DiscoveryService) => {
    const features = discovery.getProviders().map((wrapper): unknown => wrapper.instance);
    for (const feature of features) if (feature instanceof JobsFeature) registry.define(feature.definitions);
    return registry.claimRoot(options, () => makeRuntime(options, registry));
  },
};

const part = <T>(provide: FactoryProvider<T>['provide'], useFactory: (made: JobsRuntime) => T): FactoryProvider<T> => {
  return { provide, inject: [JOBS_RUNTIME], useFactory };
};

const parts: FactoryProvider[] = [
  part(JobsClient, (made) => made.client),
  part(EventBus, (made) => made.events),
  part(JOBS_BROKER, (made) => made.broker),
  part(JobServer, (made) => made.server),
];

/**
 * Jobs in a Nest application. Import `forRoot` once, in the root module; `JobsClient`, `EventBus`, `JobsRegistry`,
 * `JobsHealthIndicator` and the broker (`JOBS_BROKER`) can then be injected anywhere. Call `app.enableShutdownHooks()`,
 * so that running jobs may end when the process is asked to stop.
 *
 * @example
 * \@Module({ imports: [JobsModule.forRoot({ urls: process.env.AMQP_URL, jobs: [Welcome] })] })
 * export class AppModule {}
 */
@Module({})
export class JobsModule {
  /** @throws ConfigurationError at boot, naming the option at fault */
  static forRoot(options: JobsModuleOptions = {}): DynamicModule {
    return JobsModule.of({ provide: JOBS_OPTIONS, useValue: options });
  }

  /**
   * Like {@link forRoot}, with options that other providers make.
   * @example JobsModule.forRootAsync({ inject: [Config], useFactory: (config: Config) => ({ urls: config.amqpUrls }) })
   */
  static forRootAsync({ imports, inject = [], useFactory }: JobsModuleAsyncOptions): DynamicModule {
    return JobsModule.of({ provide: JOBS_OPTIONS, inject, useFactory }, imports);
  }

  /**
   * Makes job types known to `JobsClient.addNamed` and has their queues declared. Importing a definition twice is harmless.
   * @example JobsModule.forFeature([Welcome, Newsletter])
   */
  static forFeature(definitions: readonly AnyJob[]): DynamicModule {
    const feature = { provide: Symbol('scutwork.feature'), useValue: new JobsFeature(definitions) };
    return { module: JobsFeatureModule, imports: [JobsRegistryModule], providers: [feature] };
  }

  private static of(options: Provider, imports?: DynamicModule['imports']): DynamicModule {
    return {
      module: JobsModule,
      imports: [JobsCoreModule.with(options, imports)],
      providers: [JobsOrchestrator],
      exports: [JobsOrchestrator],
    };
  }
}

@Module({})
class JobsFeatureModule {}
