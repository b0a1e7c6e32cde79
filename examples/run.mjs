// Runs an example: `node examples/run.mjs 01-first-job`. AMQP_URL says where the broker is, by default on 127.0.0.1:5672.
import { readFileSync } from 'node:fs';
import { Module } from 'node:module';
import { dirname, join } from 'node:path';
import ts from 'typescript';

const file = join(import.meta.dirname, process.argv[2] ?? '', 'main.ts');
const { outputText } = ts.transpileModule(readFileSync(file, 'utf8'), {
  fileName: file,
  compilerOptions: {
    module: ts.ModuleKind.CommonJS,
    target: ts.ScriptTarget.ES2023,
    esModuleInterop: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
  },
});
const example = new Module(file);
example.filename = file;
example.paths = Module._nodeModulePaths(dirname(file));
example._compile(outputText, file);
