import {localLauncher} from '../../pipeline/executors/local.ts';
import {noEngine} from '../../pipeline/executors/none.ts';
import {describeExecutor} from './executor-contract.ts';

describeExecutor({launcher: localLauncher, engine: noEngine, image: ''});
