#!/usr/bin/env node
import { ConfigurationError, ScutworkError } from '@scutwork/jobs';
import { CommanderError } from 'commander';
import { makeProgram } from './program';

/** As sysexits has them. */
const EXIT = { usage: 64, configuration: 78, other: 1 };

async function main(): Promise<void> {
  const ending = new AbortController();
  // The first ends it in order; the second, which Node takes, at once.
  process.once('SIGINT', () => ending.abort());
  const program = makeProgram({ env: process.env, signal: ending.signal, print: (text) => console.log(text) });
  try {
    await program.parseAsync(process.argv);
  } catch (error) {
    process.exitCode = exitOf(error);
    // Commander has said it by itself.
    if (!(error instanceof CommanderError)) console.error(sentenceOf(error));
  }
}

function exitOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage;
  return error instanceof ConfigurationError ? EXIT.configuration : EXIT.other;
}

function sentenceOf(error: unknown): string {
  if (!(error instanceof ScutworkError)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  return [`scutwork: ${error.message}`, ...(error.hint ? [`  next step: ${error.hint}`] : [])].join('\n');
}

void main();
