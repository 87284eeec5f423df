// The local launcher: the command runs on this machine.
import type {Launcher} from './launcher.ts';
import {runProcess} from './process.ts';

export const localLauncher: Launcher = {name: 'local', launch: runProcess};
