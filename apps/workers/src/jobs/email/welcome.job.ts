import { defineJob } from '@scutwork/jobs';
import { z } from 'zod';

/** Control characters have no place in a name, and line breaks would end a header. */
const name = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^\P{Cc}*$/u, 'must be one line of text');
const webAddress = z
  .url({ protocol: /^https?$/ })
  .max(2_000)
  .regex(/^\S+$/, 'must not contain spaces');

/** Welcomes somebody by mail. */
export const Welcome = defineJob({
  type: 'email.welcome',
  payload: z.object({
    to: z.email().max(254),
    name,
    /** Where the button in the mail leads; without it there is none. */
    dashboardUrl: webAddress.optional(),
  }),
  result: z.object({
    /** Made from the job's id: the same when the job runs again. */
    messageId: z.string(),
    /** Addresses that the server has taken. */
    accepted: z.array(z.string()),
    /** Where the mail was written, when there is no server. */
    file: z.string().optional(),
  }),
  // A link in a mail may log in whoever has it.
  secrets: ['dashboardUrl'],
  timeout: '1m',
});
