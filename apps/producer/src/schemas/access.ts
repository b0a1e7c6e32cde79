import { ROLES } from '@scutwork/ledger';
import { z } from 'zod';
import { milliseconds } from './milliseconds';
import { page, shortText } from './texts';

const role = z.enum(ROLES).meta({ id: 'Role' });
const time = z.string().meta({ format: 'date-time' });

export const apiKeyRequest = z
  .strictObject({
    name: shortText(100),
    role,
    expiresIn: milliseconds(1_000)
      .optional()
      .describe('Milliseconds, or a text such as "90d"; without it the key does not expire'),
  })
  .meta({ id: 'ApiKeyRequest' });

const apiKey = {
  id: z.string(),
  name: z.string(),
  role,
  createdAt: time,
  createdBy: z.string(),
  expiresAt: time.optional(),
  revokedAt: time.optional(),
  lastUsedAt: time.optional().describe('To the minute'),
};

export const apiKeyView = z.object(apiKey).meta({ id: 'ApiKey' });

export const newApiKey = z
  .object({ ...apiKey, key: z.string().describe('The key itself: it is shown this once') })
  .meta({ id: 'NewApiKey' });

export const callerView = z.object({ name: z.string(), role }).meta({ id: 'Caller' });

export const auditQuery = z.strictObject({
  ...page,
  actor: shortText(200).optional(),
  action: shortText(100).optional(),
});

export const auditEntry = z
  .object({
    seq: z.number(),
    at: time,
    actor: z.string(),
    role: z.string(),
    action: z.string(),
    target: z.string().optional(),
    detail: z.unknown().optional(),
    ip: z.string().optional(),
  })
  .meta({ id: 'AuditEntry' });
