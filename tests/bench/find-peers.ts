// The Python of the peers that benches are compared with: LYMPHLINE_PEERS names its environment, else the one that peers/setup.sh makes.
import {existsSync} from 'node:fs';
import {join} from 'node:path';

export function findPeers(): string | undefined {
  const python = join(process.env['LYMPHLINE_PEERS'] ?? join(import.meta.dirname, 'peers/venv'), 'bin/python');
  return existsSync(python) ? python : undefined;
}
