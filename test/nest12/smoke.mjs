// Run by run.mjs in a folder that holds Nest 12 and the packed library: jobs through a Nest 12 application.
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { JobsClient, UnrecoverableError, defineJob } from '@scutwork/jobs';
import { JobHandler, JobsModule, connectJobs } from '@scutwork/jobs/nest';
import { memoryBroker } from '@scutwork/jobs/testing';
import nest from '@nestjs/core/package.json' with { type: 'json' };

const schema = { '~standard': { version: 1, vendor: 'smoke', validate: (value) => ({ value }) } };
const Greet = defineJob({ type: 'smoke.greet', payload: schema });
const Refuse = defineJob({ type: 'smoke.refuse', payload: schema });

class Greetings {
  greet({ name }) {
    return `hello ${name}`;
  }
  refuse() {
    throw new UnrecoverableError('never');
  }
}
const decorate = (name, decorator) =>
  decorator(Greetings.prototype, name, Object.getOwnPropertyDescriptor(Greetings.prototype, name));
decorate('greet', JobHandler(Greet));
decorate('refuse', JobHandler(Refuse));
Controller()(Greetings);

const { EventBus } = await import('@scutwork/jobs');
const events = new EventBus();
const seen = (name) => new Promise((resolve) => events.on(name, resolve));
const completed = seen('completed');
const dead = seen('dead');

class App {}
Module({
  imports: [JobsModule.forRoot({ broker: memoryBroker(), jobs: [Greet, Refuse], events, log: false })],
  controllers: [Greetings],
})(App);

const app = await NestFactory.create(App, { logger: ['error', 'warn'] });
connectJobs(app);
await app.startAllMicroservices();
await app.init();
const client = app.get(JobsClient);
await client.add(Greet, { name: 'Ada' });
await client.add(Refuse, {});
assert.equal((await completed).result, '"hello Ada"');
assert.equal((await dead).reason, 'unrecoverable');
await app.close();
console.log(`jobs run under Nest ${nest.version}`);
