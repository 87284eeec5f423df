// No container: the command runs on the machine as it is, with threads as many as it was given cpus.
import type {ContainerEngine} from './engine.ts';

export const noEngine: ContainerEngine = {name: 'none', wrap: (request) => request.argv, readEnd: (end) => end};
