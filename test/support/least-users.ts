import { randomBytes } from 'node:crypto';
import { type BrokerRole, type PermissionOptions, permissionsOf } from '../../libs/jobs/src/topology/permissions';
import { sharedBroker } from './private-broker';

interface LeastUserOptions extends PermissionOptions {
  /** In place of the prefix, where one user serves many: a pattern that every prefix of theirs matches. */
  prefixes?: string;
  /** For a foreign publisher: by door, what its routing keys must match. */
  topics?: Readonly<Record<string, string>>;
}

/** Makes a user of the shared broker that may do what this role needs and nothing more; resolves with its address. */
export async function leastUser(role: BrokerRole, options: LeastUserOptions): Promise<string> {
  const { prefixes, topics = {}, ...rest } = options;
  const { url, ctl } = sharedBroker();
  const user = `${role}-${randomBytes(4).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  const { configure, write, read } = permissionsOf(role, rest);
  const own = options.names.prefix;
  const patterns = [configure, write, read].map((pattern) =>
    erlang(prefixes === undefined ? pattern : pattern.replaceAll(own, prefixes)),
  );
  const by = erlang('test');
  // One call: each start of rabbitmqctl takes about a second.
  await ctl(
    'eval',
    [
      `rabbit_auth_backend_internal:add_user(${erlang(user)}, ${erlang(password)}, ${by})`,
      `rabbit_auth_backend_internal:set_permissions(${erlang(user)}, <<"/">>, ${patterns.join(', ')}, ${by})`,
      ...Object.entries(topics).map(
        ([exchange, keys]) =>
          `rabbit_auth_backend_internal:set_topic_permissions(${erlang(user)}, <<"/">>, ${erlang(exchange)}, ${erlang(keys)}, <<"^$">>, ${by})`,
      ),
    ].join(', ') + '.',
  );
  const address = new URL(url);
  address.username = user;
  address.password = password;
  return address.href;
}

const erlang = (text: string): string => `<<"${text.replaceAll('\\', '\\\\')}">>`;
