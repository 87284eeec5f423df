// No container: the command runs on the machine as it is.
import type {ContainerEngine} from './engine.ts';

export const noEngine: ContainerEngine = {name: 'none', wrap: (request) => request.argv, readEnd: (end) => end};
