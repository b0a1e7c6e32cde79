// Lets plain Node run the TypeScript of the tests: `node -r ./test/support/load-typescript.cjs file.ts`. What belongs to a
// library or an app is taken from its build, so that each module exists once, whoever asks for it.
const Module = require('node:module');
const { existsSync, readFileSync } = require('node:fs');
const { join, resolve, dirname } = require('node:path');
const { transformSync } = require('@swc/core');

const root = join(__dirname, '..', '..');
const options = require('../../swc.jest.cjs');
const source = /^(.*\/(?:libs|apps)\/[^/]+)\/src\/(.*)$/;

const resolveFilename = Module._resolveFilename;
Module._resolveFilename = function (request, parent, ...rest) {
  const built =
    parent?.filename && request.startsWith('.') ? builtOf(resolve(dirname(parent.filename), request)) : undefined;
  return built ?? resolveFilename.call(this, request, parent, ...rest);
};

function builtOf(path) {
  const [, home, file] = source.exec(path) ?? [];
  if (!home?.startsWith(root)) return undefined;
  const found = [`${file}.js`, `${file}/index.js`].map((name) => join(home, 'dist', name)).find(existsSync);
  if (!found) throw new Error(`${path} is not built: npm run build`);
  return found;
}

require.extensions['.ts'] = (module, filename) => {
  const { code } = transformSync(readFileSync(filename, 'utf8'), { ...options, filename });
  module._compile(code, filename);
};
