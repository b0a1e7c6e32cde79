import { Injectable } from '@nestjs/common';
import { isDeepStrictEqual } from 'node:util';
import { AnyJob, PayloadOf, ResultOf, catalogOf, definitionsIn, namesOf } from '../contracts/define-job';
import { ConfigurationError } from '../contracts/errors';
import { Handler, HandlerOptions, Handlers } from '../worker/handlers';
import type { JobsModuleOptions } from './jobs-options';
import type { JobsRuntime } from './jobs-runtime';

/** Definitions that a `JobsModule.forFeature` brings in. */
export class JobsFeature {
  constructor(readonly definitions: readonly AnyJob[]) {}
}

/** Which job types and handlers this application has. One per application, however often its modules are imported. */
@Injectable()
export class JobsRegistry {
  readonly handlers = new Handlers();
  private root: { options: JobsModuleOptions; runtime: JobsRuntime } | undefined;
  private definitions: AnyJob[] = [];
  private sealed = false;

  /**
   * Registers a handler in code, in place of a decorated method. Do it before the transport starts to listen.
   *
   * @throws ConfigurationError `duplicate_handler` when the type has a handler; `configuration_invalid` when it is too late
   * @example registry.registerHandler(Welcome, async (payload, context) => { … });
   */
  registerHandler<J extends AnyJob>(job: J, handle: Handler<PayloadOf<J>, ResultOf<J>>, options?: HandlerOptions): void;
  registerHandler(type: string, handle: Handler, options?: HandlerOptions): void;
  registerHandler(job: AnyJob | string, handle: Handler, options: HandlerOptions = {}): void {
    if (this.sealed) {
      const type = typeof job === 'string' ? job : job.type;
      throw new ConfigurationError(
        'configuration_invalid',
        `The handler of "${type}" came after the worker had started`,
        {
          field: type,
          hint: 'Register handlers before app.startAllMicroservices(), e.g. in onModuleInit.',
        },
      );
    }
    if (typeof job === 'string') {
      const known = this.definition(job);
      if (known) this.handlers.register(known, handle, options);
      else this.handlers.register(job, handle, options);
    } else {
      this.define([job]);
      this.handlers.register(job, handle, options);
    }
  }

  /** The known definition of a type: of `forRoot({ jobs })`, a `forFeature` or a handler. */
  definition(type: string): AnyJob | undefined {
    return this.definitions.find((definition) => namesOf(definition).includes(type));
  }

  /** @throws ConfigurationError when another definition of the same type is known */
  define(definitions: readonly AnyJob[]): void {
    this.definitions = definitionsIn(catalogOf([...this.definitions, ...definitions]));
  }

  /** Every known definition, each once. */
  all(): readonly AnyJob[] {
    return this.definitions;
  }

  /** From here on handlers are refused: the worker has taken them. */
  seal(): void {
    this.sealed = true;
  }

  /**
   * The one runtime of the application: a second `forRoot` with equal options shares it.
   * @throws ConfigurationError when its options differ
   */
  claimRoot(options: JobsModuleOptions, make: () => JobsRuntime): JobsRuntime {
    this.root ??= { options, runtime: make() };
    if (!isDeepStrictEqual(this.root.options, options)) {
      throw new ConfigurationError(
        'configuration_invalid',
        'JobsModule.forRoot is imported twice, with different options',
        {
          field: 'JobsModule',
          hint: 'Import it once, in the root module: it is global. Feature modules import JobsModule.forFeature([...]).',
        },
      );
    }
    return this.root.runtime;
  }
}
