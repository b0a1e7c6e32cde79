import { Controller } from '@nestjs/common';
import { type Actor, ApiKeys } from '@scutwork/ledger';
import { makeApiKey } from '../auth/api-key-secret';
import { KeyRing } from '../auth/key-ring';
import { Caller } from '../auth/principal';
import { RequestProblem } from '../problems/problem';
import { FromRequest } from '../routes/from-request';
import { type GivenTo, Route, route } from '../routes/route';
import { apiKeyRequest, apiKeyView, newApiKey } from '../schemas/access';
import { apiKeyParams } from '../schemas/actions';
import { listOf } from '../schemas/views';

const forAdmins = { role: 'admin', tag: 'access' } as const;

const createKey = route({
  ...forAdmins,
  method: 'POST',
  path: '/api-keys',
  summary: 'Make an API key',
  body: apiKeyRequest,
  answer: { status: 201, says: 'The key; it is shown this once', schema: newApiKey },
});

const listKeys = route({
  ...forAdmins,
  method: 'GET',
  path: '/api-keys',
  summary: 'API keys, without their secrets',
  answer: { status: 200, says: 'The keys, the newest first', schema: listOf(apiKeyView) },
});

const revokeKey = route({
  ...forAdmins,
  method: 'DELETE',
  path: '/api-keys/:id',
  summary: 'Revoke an API key',
  params: apiKeyParams,
  answer: { status: 204, says: 'It lets nobody in any more; other producers know within two seconds' },
  problems: { 404: ['api_key_not_found'] },
});

@Controller()
export class ApiKeysController {
  constructor(
    private readonly keys: ApiKeys,
    private readonly ring: KeyRing,
  ) {}

  @Route(createKey)
  async create(@FromRequest() { body }: GivenTo<typeof createKey>, @Caller() caller: Actor): Promise<unknown> {
    const { name, role, expiresIn } = body;
    const { id, hash, text } = makeApiKey();
    const expiresAt = expiresIn === undefined ? undefined : new Date(Date.now() + expiresIn);
    return { ...(await this.keys.add({ id, name, hash, role, expiresAt }, caller)), key: text };
  }

  @Route(listKeys)
  async list(): Promise<unknown> {
    return { items: await this.keys.list() };
  }

  @Route(revokeKey)
  async revoke(@FromRequest() { params }: GivenTo<typeof revokeKey>, @Caller() caller: Actor): Promise<void> {
    const revoked = await this.keys.revoke(params.id, caller);
    this.ring.forget(params.id);
    if (revoked) return;
    throw new RequestProblem(404, 'api_key_not_found', 'No API key that is in force has this id', {
      field: 'id',
      hint: 'GET /api/v1/api-keys lists them.',
    });
  }
}
