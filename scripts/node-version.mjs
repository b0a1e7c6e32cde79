// No imports and no new syntax here: this must still run on the old Node whose user needs the message.
const needed = [20, 19];

/** Whether this Node is new enough; says what to do if it is not. */
export function isNodeNewEnough(version) {
  const found = version || process.versions.node;
  const parts = found.split('.').map(Number);
  if (parts[0] > needed[0] || (parts[0] === needed[0] && parts[1] >= needed[1])) return true;
  console.error(
    'NODE_TOO_OLD: Scutwork needs Node ' + needed.join('.') + ' or newer; this is Node ' + found + ' (' + process.execPath + ').\n' +
      'Install a newer one (https://nodejs.org, or: nvm install 20) and run the same command again.',
  ); // prettier-ignore
  return false;
}
