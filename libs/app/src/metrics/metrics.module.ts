import { Controller, DynamicModule, Get, Header, Inject, InjectionToken, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Registry } from 'prom-client';
import { ForReaders } from '../access/for-readers';
import { READERS_CONFIG, type ReadersConfig, TokenGuard } from '../access/token.guard';

const REGISTRY = Symbol('metrics-registry');

/** `/metrics`, as Prometheus reads it. */
@Controller('metrics')
@ForReaders()
class MetricsController {
  constructor(@Inject(REGISTRY) private readonly registry: Registry) {}

  @Get()
  @Header('content-type', Registry.PROMETHEUS_CONTENT_TYPE)
  all(): Promise<string> {
    return this.registry.metrics();
  }
}

export interface MetricsOptions<Parts extends unknown[]> {
  /** Modules that export what is injected, where they are not global. */
  imports?: DynamicModule[];
  /** What is measured. */
  inject: { [K in keyof Parts]: InjectionToken<Parts[K]> };
  /** Puts metrics into the registry of this application. */
  measure: (registry: Registry, ...parts: Parts) => void;
  /** Where the app has no guard of its own that heeds `@ForReaders()`. */
  guard?: ReadersConfig;
}

/**
 * `GET /metrics` for Prometheus.
 * @example MetricsModule.for({ inject: [LEDGER], measure: scheduleMetrics })
 */
@Module({})
export class MetricsModule {
  static for<Parts extends unknown[]>({ imports, inject, measure, guard }: MetricsOptions<Parts>): DynamicModule {
    const registry = (...parts: Parts): Registry => {
      const made = new Registry();
      measure(made, ...parts);
      return made;
    };
    const guarding = [
      { provide: READERS_CONFIG, useValue: guard },
      { provide: APP_GUARD, useClass: TokenGuard },
    ];
    return {
      module: MetricsModule,
      imports,
      controllers: [MetricsController],
      providers: [{ provide: REGISTRY, inject, useFactory: registry }, ...(guard ? guarding : [])],
    };
  }
}
