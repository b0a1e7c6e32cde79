import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { connect } from 'amqplib';

const PEERS = [
  ...['amqplib', 'bullmq', 'ioredis', '@golevelup/nestjs-rabbitmq', '@nestjs/core', '@nestjs/microservices'],
  ...['fastify', 'autocannon'],
];

/** What the figures were measured on: they mean nothing without it. */
export function machineFacts() {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGB: Math.round(totalmem() / 1e9),
    system: `${systemName()}, Linux ${release()}`,
  };
}

export async function versions({ rabbitmq, redis }) {
  const packages = Object.fromEntries(PEERS.map((name) => [name, packageVersion(name)]));
  return {
    scutwork: JSON.parse(readFileSync(new URL('../../package.json', import.meta.url))).version,
    commit:
      git(['rev-parse', '--short', 'HEAD']) + (git(['status', '--porcelain', 'libs', 'bench']) ? ' and changes' : ''),
    node: process.version,
    rabbitmq: await rabbitMqVersion(rabbitmq.url),
    redis: await redis.version(),
    ...packages,
  };
}

async function rabbitMqVersion(url) {
  const connection = await connect(url);
  const { version } = connection.connection.serverProperties;
  await connection.close();
  return version;
}

function packageVersion(name) {
  return JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url))).version;
}

function systemName() {
  try {
    return /PRETTY_NAME="(.*)"/.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? process.platform;
  } catch {
    return process.platform;
  }
}

function git(args) {
  try {
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}
