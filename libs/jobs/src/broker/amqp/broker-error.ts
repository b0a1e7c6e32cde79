import { BrokerError } from '../../contracts/errors';

/** What a refused operation was about to do; older brokers do not say which permission is missing. */
export type Doing =
  | { operation: 'declare' | 'consume' | 'read' | 'publish'; name: string }
  | { operation: 'bind'; from: string; to: string };

interface AmqpFault {
  code: number | undefined;
  text: string;
}

/** The reply code and the broker's own words of an amqplib error. */
export function faultOf(error: unknown): AmqpFault {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  const words = typeof message === 'string' ? message : String(error);
  return {
    code: typeof code === 'number' ? code : undefined,
    text: / with message "([^]*)"$/.exec(words)?.[1] ?? words,
  };
}

/** True when the channel ended with its connection, not by a refusal of the broker: worth doing again on the next one. */
export function isLoss(error: unknown): boolean {
  return !(error instanceof BrokerError) && !isRefusal(faultOf(error).code);
}

/** Worth doing again: the channel ended with its connection, or what was asked for is there and cannot be used yet. */
export function isPassing(error: unknown): boolean {
  const refusal = error instanceof BrokerError ? error.cause : error;
  return isLoss(error) || (faultOf(refusal).code === 404 && missingOf(refusal) === undefined);
}

/** The soft errors of AMQP: the broker closes the channel, the connection stays. */
function isRefusal(code: number | undefined): boolean {
  return code === 403 || code === 404 || code === 405 || code === 406 || code === 311 || code === 313;
}

/**
 * What the broker does not have. A queue that is there and cannot be used yet is not found either, in its words: for some
 * hundred milliseconds after its start, or while its node is away.
 */
export function missingOf(error: unknown): 'queue' | 'exchange' | undefined {
  const { code, text } = faultOf(error);
  const [, kind] = /\bno (queue|exchange)\b/.exec(text) ?? [];
  return code === 404 && (kind === 'queue' || kind === 'exchange') ? kind : undefined;
}

/** What the broker takes at most, in bytes of a body, when it has closed the channel for a larger one. */
export function sizeLimitOf(error: unknown): number | undefined {
  const { code, text } = faultOf(error);
  const [, limit] = /message size \d+ is larger than (?:configured )?max size (\d+)/.exec(text) ?? [];
  return code === 406 && limit !== undefined ? Number(limit) : undefined;
}

/** An amqplib error as ours, with its code, what it is about, and the next step. */
export function brokerErrorOf(error: unknown, doing: Doing): BrokerError {
  if (error instanceof BrokerError) return error;
  const { code, text } = faultOf(error);
  const detail = { field: resourceOf(text) ?? (doing.operation === 'bind' ? doing.to : doing.name), cause: error };
  if (code === 403) return permissionMissing(text, doing, error);
  const kind = missingOf(error);
  if (kind) return missing(kind, detail);
  if (code === 405) {
    return new BrokerError('broker_access_refused', `RabbitMQ refuses to ${sentence(doing)}: ${text}`, {
      ...detail,
      hint: 'Another connection uses it exclusively: end that one first.',
    });
  }
  if (code === 406) return preconditionFailed(text, doing, detail);
  return new BrokerError('broker_unreachable', `RabbitMQ did not answer while trying to ${sentence(doing)}: ${text}`, {
    ...detail,
    hint: 'See whether the broker runs and the network reaches it.',
  });
}

/** `inequivalent arg 'x' for queue 'q' in vhost '/': received … but current is …`, taken apart. */
export interface Mismatch {
  kind: 'queue' | 'exchange';
  name: string;
  argument: string;
  wanted: string | undefined;
  found: string | undefined;
}

export function mismatchOf(error: unknown): Mismatch | undefined {
  const { code, text } = faultOf(error);
  const parts =
    /inequivalent arg '([^']*)' for (queue|exchange) '([^']*)' in vhost '[^']*': received (.*) but current is (.*)$/.exec(
      text,
    );
  if (code !== 406 || !parts) return undefined;
  const [, argument = '', kind, name = '', wanted = '', found = ''] = parts;
  return {
    kind: kind === 'exchange' ? 'exchange' : 'queue',
    name,
    argument,
    wanted: valueOf(wanted),
    found: valueOf(found),
  };
}

export function mismatchText({ kind, name, argument, wanted, found }: Mismatch): string {
  return `${kind} "${name}" has ${argument} = ${found ?? 'none'}, wanted is ${wanted ?? 'none'}`;
}

export function topologyMismatch(mismatch: Mismatch, cause?: unknown): BrokerError {
  return new BrokerError('topology_mismatch', `The ${mismatchText(mismatch)}. Going on could lose jobs`, {
    field: mismatch.name,
    hint:
      mismatch.kind === 'queue'
        ? 'Stop its workers and run: npm run topology migrate. It moves what is in the queue. Or use another prefix.'
        : 'Delete the exchange, so that it is made anew, or use another prefix.',
    cause,
  });
}

/** `none`, `'5'` or `the value '5' of type 'signedint'`. */
function valueOf(words: string): string | undefined {
  return words === 'none' ? undefined : (/^(?:the value )?'(.*?)'(?: of type '[^']*')?$/.exec(words)?.[1] ?? words);
}

function permissionMissing(text: string, doing: Doing, cause: unknown): BrokerError {
  const parts =
    /(configure|write|read)? ?access to (?:exchange|queue|topic) '([^']*)' in vhost '([^']*)' refused for user '([^']*)'/.exec(
      text,
    );
  const [
    ,
    named,
    resource = doing.operation === 'bind' ? doing.to : doing.name,
    vhost = '/',
    user = 'of this connection',
  ] = parts ?? [];
  const permission = named ?? permissionFor(doing, resource);
  return new BrokerError(
    'permission_missing',
    `The user "${user}" lacks the ${permission} permission on "${resource}" in virtual host "${vhost}"`,
    {
      field: resource,
      hint: `Give it one that matches that name: rabbitmqctl set_permissions -p ${vhost} ${user} <configure> <write> <read>.`,
      cause,
    },
  );
}

function permissionFor(doing: Doing, resource: string): 'configure' | 'write' | 'read' {
  switch (doing.operation) {
    case 'publish':
      return 'write';
    case 'consume':
    case 'read':
      return 'read';
    case 'bind':
      return resource === doing.from ? 'read' : 'write';
    case 'declare':
      // Declaring also needs write on the dead-letter or alternate exchange it names.
      return resource === doing.name ? 'configure' : 'write';
  }
}

function missing(kind: 'queue' | 'exchange', detail: { field: string; cause: unknown }): BrokerError {
  return new BrokerError(
    kind === 'queue' ? 'no_queue' : 'topology_mismatch',
    `RabbitMQ has no ${kind} "${detail.field}"`,
    {
      ...detail,
      hint: 'Apply the topology that makes it, or correct the name or the prefix.',
    },
  );
}

function preconditionFailed(text: string, doing: Doing, detail: { field: string; cause: unknown }): BrokerError {
  const mismatch = mismatchOf(detail.cause);
  if (mismatch) return topologyMismatch(mismatch, detail.cause);
  return new BrokerError('topology_mismatch', `RabbitMQ refuses to ${sentence(doing)}: ${text}`, {
    ...detail,
    hint: 'The broker does not take these arguments: compare its version and the queue type.',
  });
}

function resourceOf(text: string): string | undefined {
  return /(?:queue|exchange) '([^']*)'/.exec(text)?.[1];
}

function sentence(doing: Doing): string {
  if (doing.operation === 'bind') return `bind "${doing.to}" to "${doing.from}"`;
  if (doing.operation === 'consume') return `consume from "${doing.name}"`;
  return `${doing.operation} "${doing.name}"`;
}
