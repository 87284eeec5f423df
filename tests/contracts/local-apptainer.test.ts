import {localLauncher} from '../../pipeline/executors/local.ts';
import {describeWithEngine} from '../rig/engines.ts';
import {describeExecutor} from './executor-contract.ts';

describeWithEngine('apptainer', (on) => describeExecutor({launcher: localLauncher, ...on}), 'sif');
describeWithEngine('apptainer', (on) => describeExecutor({launcher: localLauncher, ...on}), 'sandbox');
