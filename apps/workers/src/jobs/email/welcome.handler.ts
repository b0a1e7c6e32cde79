import { Controller, Inject } from '@nestjs/common';
import type { JobContext, PayloadOf, ResultOf } from '@scutwork/jobs';
import { JobHandler } from '@scutwork/jobs/nest';
import { MAILER, Mailer } from '../../mail/mailer';
import { Welcome } from './welcome.job';
import { renderWelcome } from './welcome.template';

@Controller()
export class WelcomeHandler {
  constructor(@Inject(MAILER) private readonly mailer: Mailer) {}

  @JobHandler(Welcome)
  async welcome(payload: PayloadOf<typeof Welcome>, context: JobContext): Promise<ResultOf<typeof Welcome>> {
    const { to: address, name } = payload;
    const sent = await this.mailer.send({ id: context.id, to: { name, address }, ...renderWelcome(payload) });
    context.log('info', sent.file ? `written to ${sent.file}` : 'accepted by the mail server');
    return sent;
  }
}
