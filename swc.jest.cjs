const { readFileSync } = require('node:fs');
const { join } = require('node:path');

/** The same compiler options as .swcrc; @swc/jest takes them as an object. */
const {
  $schema: _schema,
  sourceMaps: _sourceMaps,
  ...options
} = JSON.parse(readFileSync(join(__dirname, '.swcrc'), 'utf8'));
module.exports = { ...options, swcrc: false, sourceMaps: 'inline' };
