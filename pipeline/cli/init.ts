// lymphline init: the init step, started through a job file: looking into files is the science's.
import {basename, join, resolve} from 'node:path';
import {readStepContracts} from '../config/read-step-contracts.ts';
import {exitCodes, textOptions, type Command} from './command.ts';
import {printFailures} from './failures.ts';
import {makeFolder} from './make-folder.ts';

export const initCommand: Command = {
  help: `
lymphline init DIR [--from-cellranger DIR]…

Writes run.yaml, samples.tsv and visits.tsv to start a study from. With --from-cellranger the libraries found in outputs of cellranger count, vdj and
multi (or in folders that hold such) are rows of samples.tsv; patient_id, timepoint and day are yours to fill in: \`lymphline validate\` names each.

example: lymphline init study --from-cellranger runs/P01 --from-cellranger runs/P02 && lymphline validate study/run.yaml
`,
  options: {'from-cellranger': {type: 'string', multiple: true}},
  takes: [1, 100],
  async run(context) {
    const contracts = await readStepContracts(context.codeRoot);
    if (!contracts.ok) return printFailures(context, contracts.error);
    const step = contracts.value.find((one) => one.name === 'init');
    if (step === undefined) throw new Error('the init step is not there');
    // A shell makes `--from-cellranger runs/*` one option and further words.
    const [name, ...more] = context.positionals;
    const folders = [...textOptions(context, 'from-cellranger'), ...more].map((folder) => resolve(context.folder, folder));
    const code = await makeFolder(context, {step, params: {name: basename(resolve(context.folder, name)), folders}, seed: 1, name});
    if (code === exitCodes.done) context.screen.write(`${name} holds run.yaml and its sheets. Fill in samples.tsv and timepoints, then: lymphline validate ${join(name, 'run.yaml')}\n`);
    return code;
  },
};
