import { Injectable, OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { ConfigurationError } from '../contracts/errors';
import type { Schedule } from '../scheduling/define-schedule';
import { JobsMetadataAccessor } from './jobs-metadata.accessor';

/**
 * Nest looks for message handlers in controllers only, and says nothing about a handler elsewhere: its jobs would wait
 * for ever. This walks the other providers once, and refuses such a handler at boot. Finds schedules wherever they stand.
 */
@Injectable()
export class JobsExplorer implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly accessor: JobsMetadataAccessor,
  ) {}

  onModuleInit(): void {
    const controllers = new Set(this.discovery.getControllers().map((wrapper) => wrapper.metatype));
    for (const { metatype } of this.discovery.getProviders()) {
      if (typeof metatype !== 'function' || controllers.has(metatype)) continue;
      this.refuseHandlersOf(metatype.name, metatype.prototype as object | undefined);
    }
  }

  /** The schedules that stand at methods of controllers and providers, each once, whoever inherits the method. */
  schedules(): Schedule[] {
    const wrappers = [...this.discovery.getControllers(), ...this.discovery.getProviders()];
    const types = new Set(wrappers.map(({ metatype }) => metatype).filter((type) => typeof type === 'function'));
    const found = [...types].flatMap(({ prototype }) => this.schedulesOf(prototype as object | undefined));
    return [...new Set(found)];
  }

  private schedulesOf(prototype: object | undefined): Schedule[] {
    if (!prototype) return [];
    return this.scanner.getAllMethodNames(prototype).flatMap((name) => {
      const method: unknown = Reflect.get(prototype, name);
      return typeof method === 'function' ? this.accessor.schedulesOf(method) : [];
    });
  }

  private refuseHandlersOf(className: string, prototype: object | undefined): void {
    if (!prototype) return;
    for (const name of this.scanner.getAllMethodNames(prototype)) {
      const method: unknown = Reflect.get(prototype, name);
      const job = typeof method === 'function' ? this.accessor.jobOf(method) : undefined;
      if (!job) continue;
      throw new ConfigurationError(
        'handler_missing',
        `${className}.${name} handles "${job.type}", but ${className} is a provider, not a controller: it would never be called`,
        {
          field: `${className}.${name}`,
          hint: `Give ${className} the decorator @Controller() and list it under "controllers" of its module.`,
        },
      );
    }
  }
}
