import 'reflect-metadata';
import { Controller, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, Payload } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { type JobContext, JobsClient, type PayloadOf, defineJob } from '@scutwork/jobs';
import { JOBS_TRANSPORT, JobHandler, JobsModule, connectJobs } from '@scutwork/jobs/nest';
import { z } from 'zod';

// #region definition
const Resize = defineJob({
  type: 'image.resize',
  payload: z.object({ file: z.string(), width: z.number().int().positive() }),
  result: z.object({ bytes: z.number() }),
});
// #endregion

// #region handler
@Controller()
class ImageHandlers {
  @JobHandler(Resize, { concurrency: 2 })
  async resize({ file, width }: PayloadOf<typeof Resize>, context: JobContext): Promise<{ bytes: number }> {
    context.progress(50);
    console.log(`resized ${file} to ${width}`);
    return { bytes: 1_024 };
  }

  /** Without a definition: the payload is not checked. */
  @EventPattern('image.forget', JOBS_TRANSPORT)
  forget(@Payload() { file }: { file: string }): void {
    console.log(`forgot ${file}`);
  }
}
// #endregion

// #region service
@Injectable()
class Gallery {
  constructor(private readonly jobs: JobsClient) {}

  async upload(file: string): Promise<string> {
    const { id } = await this.jobs.add(Resize, { file, width: 320 });
    return id;
  }
}
// #endregion

// #region module
@Module({
  imports: [
    JobsModule.forRoot({
      urls: process.env.AMQP_URL,
      prefix: process.env.SCUTWORK_PREFIX,
      jobs: [Resize],
      queues: { image: { concurrency: 4 } },
      log: false, // or a pino logger; by default JSON lines on stdout
    }),
  ],
  controllers: [ImageHandlers],
  providers: [Gallery],
})
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: ['error', 'warn'] });
  app.enableShutdownHooks(); // running jobs may end when the process is asked to stop
  connectJobs(app);
  await app.startAllMicroservices();
  await app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
  // #endregion
  await app.get(Gallery).upload('cat.png');
  await app.get(JobsClient).addNamed('image.resize', { file: 'dog.png', width: 64 });
}
void main();
