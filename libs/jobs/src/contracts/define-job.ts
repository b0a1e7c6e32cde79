import type { StandardSchemaV1 } from '@standard-schema/spec';
import { ConfigurationError, JobError } from './errors';
import { checkJobType, queueOf } from './job-type';
import { type RunOptions, type RunPolicy, resolveRunOptions } from './options';
import { type Retention, type RetentionOptions, resolveRetention } from './retention';
import { type UniqueByDefault, checkUniqueByDefault } from './unique';

/** Any Standard Schema (zod, valibot, arktype, …): https://standardschema.dev */
export type Schema<Input = unknown, Output = Input> = StandardSchemaV1<Input, Output>;

export interface JobDeclaration<P extends Schema, R extends Schema> extends RunOptions {
  /** Stable name, the queue first: `email.welcome`. Who renames it keeps the old name among the aliases. */
  type: string;
  /**
   * Names that it had before, of the same queue: `['email.greet']`. Jobs of them that still wait are done by its handler,
   * with its schema; who adds one by such a name adds one of this type. Default none.
   */
  aliases?: readonly string[];
  /**
   * Of the payload, 1 or more. Raise it when workers of the release before could not read what is added now: they put off
   * jobs of a higher version than theirs, as they do with types they do not know. The schema has to take the payloads of
   * lower versions for as long as such jobs wait. Default 1.
   */
  version?: number;
  /** Checked when the job is added and again before the handler runs. */
  payload: P;
  /** Gives the handler's result its type; it is not checked at run time. */
  result?: R;
  /**
   * Fields of the payload that nobody is shown, by path: `['password', 'card.number']`. A path through an array means each of
   * its members. Views and exports have `[secret]` instead, and no search finds them. Default none.
   */
  secrets?: readonly string[];
  /** How long finished jobs of it are kept, where that is less than the ledger's own. A job may say otherwise. */
  retention?: RetentionOptions;
  /** Which of its jobs are one, where a job does not say it itself: the ledger decides, so there must be one. Default none. */
  unique?: UniqueByDefault<StandardSchemaV1.InferInput<P>>;
}

/**
 * A job type. `Input` is what callers pass, `Payload` what the handler gets after the schema's defaults and
 * transforms, `Result` what the handler returns.
 */
export interface JobDefinition<Input = unknown, Payload = Input, Result = unknown> {
  readonly type: string;
  readonly aliases: readonly string[];
  readonly queue: string;
  readonly version: number;
  readonly schema: Schema<Input, Payload>;
  readonly policy: Partial<RunPolicy>;
  readonly secrets: readonly string[];
  /** Undefined: as the ledger has it. */
  readonly retention?: Retention;
  readonly unique?: UniqueByDefault<Input>;
  /** Carries the result's type; has no value at run time. */
  readonly resultType?: Result;
}

/** A definition whose types do not matter, as registries hold them. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- Input is contravariant: only `any` takes every definition
export type AnyJob = JobDefinition<any, any, any>;
export type InputOf<J extends AnyJob> = J extends JobDefinition<infer Input, infer _P, infer _R> ? Input : never;
export type PayloadOf<J extends AnyJob> = J extends JobDefinition<infer _I, infer Payload, infer _R> ? Payload : never;
export type ResultOf<J extends AnyJob> = J extends JobDefinition<infer _I, infer _P, infer Result> ? Result : never;

/**
 * Gives a job type its payload and its defaults. The types flow to `JobsClient.add` and to the handler.
 *
 * @throws JobError when the type or an option is not legal; `field` names it
 * @example
 * const Welcome = defineJob({
 *   type: 'email.welcome',
 *   payload: z.object({ to: z.email(), name: z.string() }),
 *   attempts: 5,
 *   backoff: { type: 'exponential', delay: '2s', jitter: 0.2 },
 * });
 */
export function defineJob<P extends Schema, R extends Schema = Schema>(
  declaration: JobDeclaration<P, R>,
): JobDefinition<StandardSchemaV1.InferInput<P>, StandardSchemaV1.InferOutput<P>, StandardSchemaV1.InferOutput<R>> {
  const type = checkJobType(declaration.type);
  const version = declaration.version ?? 1;
  if (!Number.isInteger(version) || version < 1) {
    throw new JobError('job_type_invalid', `${type}: version is ${version}; it must be a whole number of 1 or more`, {
      field: 'version',
    });
  }
  return Object.freeze({
    type,
    aliases: Object.freeze(checkAliases(declaration.aliases ?? [], type)),
    queue: queueOf(type),
    version,
    schema: declaration.payload,
    policy: Object.freeze(resolveRunOptions(declaration, type)),
    secrets: Object.freeze(checkSecrets(declaration.secrets ?? [], type)),
    retention: resolveRetention(declaration.retention, `${type}.retention`),
    unique: checkUniqueByDefault(declaration.unique, type),
  });
}

function checkAliases(aliases: readonly string[], type: string): string[] {
  for (const [at, alias] of aliases.entries()) {
    const isKnown = alias === type || aliases.indexOf(alias) !== at;
    if (!isKnown && queueOf(checkJobType(alias)) === queueOf(type)) continue;
    const fault = isKnown ? 'is one of its names already' : `is of another queue than "${queueOf(type)}"`;
    throw new JobError('job_type_invalid', `${type}: the alias ${JSON.stringify(alias)} ${fault}`, {
      field: `aliases[${at}]`,
      hint: 'Aliases are other names of the same queue. For jobs of another queue register a handler of their own type.',
    });
  }
  return [...aliases];
}

function checkSecrets(secrets: unknown, type: string): string[] {
  const isPath = (path: unknown): path is string => typeof path === 'string' && !path.split('.').includes('');
  if (Array.isArray(secrets) && secrets.every(isPath)) return [...secrets];
  throw new ConfigurationError('configuration_invalid', `${type}: secrets must be paths of fields of the payload`, {
    field: `${type}.secrets`,
    hint: 'For example ["password", "card.number"].',
  });
}

/** All names of a definition: its type, and those it had before. */
export const namesOf = ({ type, aliases }: Pick<AnyJob, 'type' | 'aliases'>): string[] => [type, ...aliases];

/** As messages and records have it: 1 goes without saying. */
export const versionOf = ({ version }: Pick<AnyJob, 'version'>): number | undefined =>
  version > 1 ? version : undefined;

/** Definitions by all their names. Two different definitions of one name are a mistake in the application. */
export type JobCatalog = ReadonlyMap<string, AnyJob>;

/** @throws ConfigurationError when two definitions share a name */
export function catalogOf(definitions: readonly AnyJob[]): JobCatalog {
  const catalog = new Map<string, AnyJob>();
  for (const definition of definitions) {
    for (const name of namesOf(definition)) {
      const other = catalog.get(name);
      if (other && other !== definition) {
        throw new ConfigurationError('configuration_invalid', `Job type "${name}" is defined twice`, {
          field: name,
          hint: 'Define each type once and import that definition. An alias is a name that no other type has.',
        });
      }
      catalog.set(name, definition);
    }
  }
  return catalog;
}

/** Each definition once. */
export const definitionsIn = (catalog: JobCatalog): AnyJob[] => [...new Set(catalog.values())];

/**
 * The definition of a type that was given by its name, or by one that it had before.
 * @param field where the name stood, e.g. `jobs[3].type`
 * @throws JobError `type_unknown`
 */
export function definitionIn(catalog: JobCatalog, type: string, field: string): AnyJob {
  const definition = catalog.get(type);
  if (definition) return definition;
  const known = definitionsIn(catalog).map((one) => one.type);
  throw new JobError('type_unknown', `There is no job type ${JSON.stringify(type)}`, {
    field,
    hint: `Known types: ${known.sort().join(', ') || 'none'}.`,
  });
}
