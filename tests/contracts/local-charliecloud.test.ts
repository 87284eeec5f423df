import {localLauncher} from '../../pipeline/executors/local.ts';
import {describeWithEngine} from '../rig/engines.ts';
import {describeExecutor} from './executor-contract.ts';

describeWithEngine('charliecloud', (on) => describeExecutor({launcher: localLauncher, ...on}));
