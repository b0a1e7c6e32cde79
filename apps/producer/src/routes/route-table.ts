import { Injectable, RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { FOR_READERS, OPEN_TO_ALL } from '@scutwork/app';
import { ConfigurationError } from '@scutwork/jobs';
import { API_ROOT, type RouteDeclaration, routeOf } from './route';

/** Every route of this application, found at its controllers. */
@Injectable()
export class RouteTable {
  readonly routes: readonly RouteDeclaration[];
  private readonly patterns: { method: string; pattern: RegExp }[];

  /** @throws ConfigurationError for a handler that says neither who may call it nor that it is open to all */
  constructor(discovery: DiscoveryService, scanner: MetadataScanner, reflector: Reflector) {
    const handlers = discovery.getControllers().flatMap(({ metatype }) => handlersOf(metatype, scanner));
    const unguarded = handlers.filter(
      ({ handler, type }) =>
        routeOf(handler) === undefined &&
        [OPEN_TO_ALL, FOR_READERS].every(
          (mark) => reflector.getAllAndOverride<unknown>(mark, [handler, type]) !== true,
        ),
    );
    if (unguarded.length > 0) throw withoutRole(unguarded.map(({ name }) => name));
    this.routes = handlers
      .flatMap(({ handler }) => routeOf(handler) ?? [])
      .sort((a, b) => compare(a.path, b.path) || compare(a.method, b.method));
    this.patterns = this.routes.map(({ method, path }) => ({ method, pattern: patternOf(path) }));
  }

  /** The methods that are taken there; none where there is no route. */
  methodsAt(path: string): string[] {
    return this.patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
  }
}

interface FoundHandler {
  name: string;
  // eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- as Nest has it
  handler: Function;
  // eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- as Nest has it
  type: Function;
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- as Nest has it
function handlersOf(type: Function | null, scanner: MetadataScanner): FoundHandler[] {
  if (type === null) return [];
  // eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- as Nest has it
  const prototype = type.prototype as Record<string, Function>;
  return scanner.getAllMethodNames(prototype).flatMap((name) => {
    const handler = prototype[name];
    const isRouted = handler !== undefined && Reflect.hasMetadata(PATH_METADATA, handler);
    return isRouted ? [{ name: `${RequestMethod[methodOf(handler)]} ${type.name}.${name}`, handler, type }] : [];
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function methodOf(handler: object): RequestMethod {
  return Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod;
}

function patternOf(path: string): RegExp {
  const source = (API_ROOT + path).replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+');
  return new RegExp(`^${source}/?$`);
}

function withoutRole(names: string[]): ConfigurationError {
  return new ConfigurationError('configuration_invalid', `Nothing says who may call ${names.join(', ')}`, {
    field: names[0],
    hint: 'Declare each with @Route({ role, … }), or with @OpenToAll().',
  });
}
