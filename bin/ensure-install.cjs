// Installs the locked dependencies when node_modules is missing or older than the lock file, so that the two commands of the
// README work in a fresh clone.
const {existsSync, statSync} = require('node:fs');
const {join} = require('node:path');
const {spawnSync} = require('node:child_process');
const root = join(__dirname, '..');
const mark = join(root, 'node_modules', '.package-lock.json');
if (!existsSync(mark) || statSync(mark).mtimeMs < statSync(join(root, 'package-lock.json')).mtimeMs) {
  console.error('Installing dependencies (npm ci) ...');
  const done = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {cwd: root, stdio: 'inherit'});
  process.exit(done.status ?? 1);
}
