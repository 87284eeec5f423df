import {join} from 'node:path';
import {expect, test} from 'vitest';
import {readStepContracts} from '../../../pipeline/config/read-step-contracts.ts';
import type {StepContract} from '../../../pipeline/model/step-contract.ts';
import {load, qc, runFile, samples, sheetOf, header} from './study.ts';

test('a sound study loads: text stays text, paths are absolute, parameters have their defaults', async () => {
  const {loaded, messages, folder} = await load();
  expect(messages).toEqual([]);
  expect(loaded?.rows.map((row) => [row.sample_id, row.path])).toEqual([['007', join(folder, 'a.h5')], ['008', join(folder, 'b.h5')]]);
  expect(Object.fromEntries(loaded!.params)).toEqual({qc: {min_genes: 200, rule: 'fixed', mad: 5}});
  expect(loaded?.profile).toEqual({launcher: 'local', engine: 'none'});
  expect([loaded?.warnings, loaded?.variables]).toEqual([[], {}]);
});

test('problems of all files come at once, the run file first, then by file and line', async () => {
  const {messages} = await load({files: {'run.yaml': `${runFile}keep: some\nvisits: v.tsv\nsteps:\n  qc: {min_gene: 1}\n  clustr: {}\n`, 'samples.tsv': samples.replace('b.h5', 'c.h5').replace('month3', 'month'), 'v.tsv': 'patient_id\tday\ttimepoint\nP1\tx\t\n'}});
  expect(messages.map((text) => text.split('\n')[0])).toEqual([
    'run.yaml:7:7 keep is "some", expected all | results.',
    'run.yaml:10:8 qc has no parameter "min_gene". Did you mean "min_genes"?',
    'run.yaml:11:3 there is no step "clustr". `lymphline steps` lists them.',
    'samples.tsv:2:5 patient P1 has no sample at timepoint "month3".',
    'samples.tsv:3:8 unknown timepoint "month", expected baseline | month3. Did you mean "month3"?',
    'samples.tsv:3:21 path of row 3: c.h5 does not exist. Paths are relative to the run file.',
    'v.tsv:2:4 day is "x", expected a number, or empty.',
  ]);
});

test('a file that is not there is told where it is named; variables and ~ are resolved', async () => {
  const environment = {HOME: '/nowhere', PLACE: '/also/nowhere'};
  const {messages} = await load({environment, profile: 'p.yaml', files: {'p.yaml': 'launcher: local', 'run.yaml': `${runFile}visits: \${PLACE}/v.tsv\nlabels: {path: ~/l.tsv}\nsignatures: {files: ["\${OTHER}/a.gmt"]}\n`, 'samples.tsv': samples.replace('b.h5', '${LYMPHLINE_DATA}/b.h5')}, projectRoot: join(import.meta.dirname, '../..')});
  expect(messages.map((text) => text.split('\n')[0])).toEqual([
    'run.yaml:7:9 visits: ${PLACE}/v.tsv does not exist (looked for at /also/nowhere/v.tsv).',
    'run.yaml:8:16 labels.path: ~/l.tsv does not exist (looked for at /nowhere/l.tsv).',
    'run.yaml:9:22 signatures.files.0: the variable OTHER in ${OTHER}/a.gmt is not set. Set it, e.g. export OTHER=/path/to/folder.',
    expect.stringMatching(/^samples\.tsv:3:22 path of row 3: the variable LYMPHLINE_DATA in \$\{LYMPHLINE_DATA\}\/b\.h5 is not set, and there is no .*\/shared\/data\. Set it, e\.g\. export LYMPHLINE_DATA=\/path\/to\/folder\.$/),
  ]);
});

test('the run file itself: not there, a folder', async () => {
  expect((await load({file: 'run.yml'})).messages).toEqual(['run.yml does not exist; the command line names it.']);
  expect((await load({file: 'sub', files: {'sub/x': ''}})).messages).toEqual(['sub cannot be read (it is a folder); the command line names it.']);
});

test('a patient without a row for one side of a contrast; a declared gap counts; drop allows it', async () => {
  const files = {'samples.tsv': sheetOf('S1\tP1\tbaseline\t0\tgex\ta.h5', 'S2\tP1\tmonth3\t90\tgex\tb.h5', 'S3\tP2\tbaseline\t0\tgex\ta.h5')};
  expect((await load({files})).messages).toEqual([
    'samples.tsv:4:4 patient P2 has no sample at timepoint "month3".\n    The contrast month3-vs-baseline needs both for every patient. Add the row (with `excluded` if there is no sample), or set missing_pairs: drop.\n     4 | S3\tP2\tbaseline\t0\tgex\ta.h5\n           \t~~',
  ]);
  expect((await load({files, set: ['missing_pairs=drop']})).messages).toEqual([]);
  expect((await load({files: {'samples.tsv': `${files['samples.tsv']}S4\tP2\tmonth3\t90\t\t\n`}})).messages).toEqual([]);
});

test('a contrast that leaves two samples on one side says what tells them apart', async () => {
  const sheet = `${header}\ttissue\nS1\tP1\tbaseline\t0\tgex\ta.h5\tblood\nS2\tP1\tbaseline\t0\tgex\ta.h5\tlung\nS3\tP1\tmonth3\t90\tgex\tb.h5\tblood\n`;
  expect((await load({files: {'samples.tsv': sheet}})).messages).toEqual([
    'samples.tsv:3:1 patient P1 has 2 samples at timepoint "baseline" for contrast month3-vs-baseline (S1, S2), expected one.\n    Say in the contrast which is meant, e.g. where: {tissue: blood}.\n     3 | S2\tP1\tbaseline\t0\tgex\ta.h5\tlung\n         ~~',
  ]);
  expect((await load({files: {'samples.tsv': sheet}, set: ['contrasts.0.where={tissue: blood}']})).messages).toEqual([]);
});

test('an infusion product takes no part in a contrast that does not name it', async () => {
  const sheet = `${header}\ttissue\nS1\tP1\tbaseline\t0\tgex\ta.h5\tblood\nS2\tP1\tbaseline\t0\tgex\ta.h5\tinfusion product\nS3\tP1\tmonth3\t90\tgex\tb.h5\tblood\n`;
  expect((await load({files: {'samples.tsv': sheet}})).messages).toEqual([]);
});

test('columns and values of a contrast have to be in the sheet; tissue has its default', async () => {
  const contrasts = 'contrasts:\n  - {name: a, by: tissu, before: x, after: y}\n  - {name: b, by: arm, before: low, after: hihg, where: {tissue: lung, batc: b1}}\n';
  const sheet = `${header}\tarm\tbatch\nS1\tP1\tbaseline\t0\tgex\ta.h5\tlow\tb1\nS2\tP1\tmonth3\t90\tgex\tb.h5\thigh\tb1\n`;
  expect((await load({files: {'run.yaml': runFile.replace(/contrasts:[^]*/, contrasts), 'samples.tsv': sheet}})).messages.map((text) => text.split('\n')[0])).toEqual([
    'run.yaml:6:19 the samples sheet has no column "tissu". Did you mean "tissue"?',
    'run.yaml:7:44 no sample has arm "hihg", expected low | high. Did you mean "high"?',
    'run.yaml:7:66 no sample has tissue "lung", expected blood.',
    'run.yaml:7:72 the samples sheet has no column "batc". Did you mean "batch"?',
  ]);
});

test('a contrast wholly confounded with batch or chemistry is a warning; one shared batch lifts it', async () => {
  const sheet = (last: string): string => `${header}\tbatch\nS1\tP1\tbaseline\t0\tgex\ta.h5\tb1\nS2\tP1\tmonth3\t90\tgex\tb.h5\tb2\nS3\tP2\tbaseline\t0\tgex\ta.h5\tb1\nS4\tP2\tmonth3\t90\tgex\tb.h5\t${last}\n`;
  expect((await load({files: {'samples.tsv': sheet('b2')}})).loaded?.warnings).toEqual([{text: 'contrast month3-vs-baseline is wholly confounded with batch (baseline: b1; month3: b2): a difference between the sides may come from either.'}]);
  expect((await load({files: {'samples.tsv': sheet('b1')}})).loaded?.warnings).toEqual([]);
});

test('a parameter that does not count is a warning; null is taken where the contract allows it', async () => {
  const {loaded} = await load({set: ['steps.qc.mad=null']});
  expect(loaded?.warnings).toEqual([{text: 'steps.qc.mad has no effect: it counts only with rule: mad.'}]);
  expect(loaded?.params.get('qc')).toMatchObject({mad: null});
});

test('a value that another parameter rules out is refused where either was written', async () => {
  const steps = (text: string): Promise<{messages: string[]}> => load({files: {'run.yaml': `${runFile}steps:\n  qc: {${text}}\n`}});
  expect((await steps('min_genes: 1, rule: none')).messages).toEqual([]);
  expect((await steps('rule: none')).messages).toEqual(['run.yaml:8:14 qc.rule is "none", expected fixed | mad with min_genes: 200. none needs min_genes: 0 or 1.\n     8 |   qc: {rule: none}\n                      ~~~~']);
  expect((await load({set: ['steps.qc.rule=none']})).messages.map((text) => text.split('\n')[0])).toEqual(['--set:1:15 qc.rule is "none", expected fixed | mad with min_genes: 200. none needs min_genes: 0 or 1.']);
});

test('a value that needs a key of the run file is refused without it, before any job', async () => {
  const contracts: StepContract[] = [{...qc, params: {cells: {type: 'string', enum: ['kept', 'car_negative'], default: 'kept', summary: 'Cells.', needs_key: {car_negative: 'car'}}}}];
  const steps = (text: string): Promise<{messages: string[]}> => load({contracts, files: {'run.yaml': `${runFile}steps:\n  qc: {cells: car_negative}\n${text}`}});
  expect((await steps('')).messages).toEqual(['run.yaml:8:15 qc.cells is "car_negative", expected kept without `car` in the run file. car_negative needs `car`.\n     8 |   qc: {cells: car_negative}\n                       ~~~~~~~~~~~~']);
  expect((await steps('car: {features: [CAR_BCMA], min_umi: 1}\n')).messages).toEqual([]);
});

test('a test over cells is refused before any job, with the reason why there is none', async () => {
  const all = await readStepContracts(join(import.meta.dirname, '../../..'));
  if (!all.ok) throw new Error(JSON.stringify(all.error));
  const contracts = all.value.filter(({name}) => name === 'compare-timepoints');
  const {messages} = await load({contracts, files: {'run.yaml': `${runFile}steps: {compare-timepoints: {unit: cell}}\n`}});
  expect(messages).toEqual([expect.stringMatching(/^run\.yaml:7:36 compare-timepoints\.unit is "cell", expected patient\.\n    Cells of one patient are no replicates of the treatment\. .* half of 875 cases .*docs\/statistics\.md says more\.\n     7 \|/)]);
});

test('--set is told at its own text', async () => {
  expect((await load({set: ['nonsense', 'seed=[1', 'keep=some']})).messages).toEqual([
    '--set:1:1 "nonsense", expected PATH=VALUE. For example steps.qc.min_genes=300.\n     1 | nonsense\n         ~~~~~~~~',
    expect.stringMatching(/^--set:1:6 the value is no YAML \(.*\)\.\n     1 \| seed=\[1\n              ~~$/),
    '--set:1:6 keep is "some", expected all | results.\n     1 | keep=some\n              ~~~~',
  ]);
  const heads = (await load({set: ['steps.qc.min_gene=1', 'steps.qc.min_genes=-1', 'keep=some', 'name.x=1', 'contrasts.3.name=x']})).messages.map((text) => text.split('\n')[0]);
  expect(heads).toEqual([
    '--set:1:6 name is "demo", which holds no key "x".',
    '--set:1:6 keep is "some", expected all | results.',
    '--set:1:10 qc has no parameter "min_gene". Did you mean "min_genes"?',
    '--set:1:11 contrasts is a list of 1; "3" is none of its places (0 is the first).',
    '--set:1:20 qc.min_genes is -1, expected at least 0.',
  ]);
});

test('profiles: by name, by path, unknown, with problems at their place', async () => {
  for (const name of ['laptop', 'docker', 'podman', 'apptainer', 'charliecloud', 'slurm-apptainer', 'slurm-charliecloud', 'slurm-host']) expect((await load({profile: name})).messages).toEqual([]);
  expect((await load({profile: 'p.yaml', environment: {SITE: '/site'}, files: {'p.yaml': 'launcher: slurm\nscratch: ${SITE}/x\nimages: {folder: /images}\nresources: {qc: {cpus: 4}}\n'}})).loaded?.profile).toEqual({
    launcher: 'slurm', engine: 'none', scratch: {folder: '/site/x'}, images: {folder: '/images'}, resources: {qc: {cpus: 4}},
  });
  expect((await load({profile: 'dockr'})).messages).toEqual(['There is no profile "dockr". Did you mean "docker"? Shipped: apptainer charliecloud docker laptop podman slurm-apptainer slurm-charliecloud slurm-host; or give the path of a file.']);
  expect((await load({files: {'run.yaml': `${runFile}profile: dockr\n`}})).messages).toEqual([
    'run.yaml:7:10 There is no profile "dockr". Did you mean "docker"?\n    Shipped: apptainer charliecloud docker laptop podman slurm-apptainer slurm-charliecloud slurm-host; or give the path of a file.\n     7 | profile: dockr\n                  ~~~~~',
  ]);
  expect((await load({profile: 'p.yaml', files: {'p.yaml': 'luncher: local\ncores: 0\n'}})).messages).toEqual([
    'p.yaml:1:1 unknown key "luncher". Did you mean "launcher"?\n     1 | luncher: local\n         ~~~~~~~',
    'p.yaml:2:8 cores is 0, expected at least 1.\n     2 | cores: 0\n                ~',
  ]);
  expect((await load({profile: 'p.yaml', files: {'p.yaml': 'resources: {qcc: {cpus: 4}}\n'}})).messages[0].split('\n')[0]).toBe('p.yaml:1:13 there is no step "qcc". Did you mean "qc"?');
});

test('scratch: a path or its keys; in Slurm what only the node knows is left to it', async () => {
  const environment = {HOME: '/home/me', SITE: '/site', TMPDIR: '/tmp/of-login', SLURM_JOB_ID: '7'};
  const scratch = async (profile: string): Promise<unknown> => (await load({profile: 'p.yaml', environment, files: {'p.yaml': profile}})).loaded?.profile.scratch;
  const here = (path: string): unknown => expect.stringMatching(new RegExp(`^/.*/${path}$`)) as unknown;
  expect(await scratch('scratch: local disk\n')).toEqual({folder: here('local disk')});
  expect(await scratch('scratch: {folder: $TMPDIR/x, stage: outputs}\n')).toEqual({folder: '/tmp/of-login/x', stage: 'outputs'});
  expect(await scratch('launcher: slurm\nscratch: {folder: $TMPDIR, stage: outputs}\n')).toEqual({folder: '${TMPDIR}', stage: 'outputs'});
  expect(await scratch('launcher: slurm\nscratch: /tmp/$SLURM_JOB_ID\n')).toEqual({folder: '/tmp/${SLURM_JOB_ID}'});
  expect(await scratch('launcher: slurm\nscratch: ${SITE}/${OF_NODE}/x\n')).toEqual({folder: '/site/${OF_NODE}/x'});
  expect(await scratch('launcher: slurm\nscratch: ~/x\n')).toEqual({folder: '/home/me/x'});
  const told = async (profile: string): Promise<string> => (await load({profile: 'p.yaml', environment, files: {'p.yaml': profile}})).messages.map((text) => text.split('\n')[0]).join('\n');
  expect(await told('scratch: $OF_NODE/x\n')).toBe('p.yaml:1:10 the variable OF_NODE in $OF_NODE/x is not set. Set it, e.g. export OF_NODE=/path/to/folder.');
  expect(await told('scratch: {folder: /x, stage: output}\n')).toBe('p.yaml:1:30 scratch.stage is "output", expected nothing | outputs.');
  expect(await told('scratch: {foldr: /x}\n')).toBe('p.yaml:1:11 unknown key "foldr". Did you mean "folder"?');
  expect(await told('scratch: 3\n')).toContain('p.yaml:1:10 scratch is 3, expected ');
});

test('clinical sheets: items, numbers, patients, timepoints, choices, rows twice', async () => {
  const files = {
    'run.yaml': `${runFile}visits: v.tsv\nadverse_events: ae.tsv\nbiopsies: b.csv\n`,
    'v.tsv': 'patient_id\tday\ttimepoint\tsledai_rash\tsledai_ulcer\tpga\nP1\t0\tbaseline\tyes\t0\t1.5\nP9\t0\tbaselin\t1\t0\t1,5\nP1\t0\tbaseline\t1\t\t\nP1\t\t\t\t\t\n',
    'ae.tsv': 'patient_id\tday_start\tcategory\tgrade\nP1\t3\tfever\t7\n',
    'b.csv': 'patient_id,day,igg,c3\nP1,-10,3,+/-\nP1,180,4,\n',
  };
  expect((await load({files})).messages.map((text) => text.split('\n')[0])).toEqual([
    'ae.tsv:2:6 category is "fever", expected crs | icans | infection | other.',
    'ae.tsv:2:12 grade is "7", expected a grade from 0 to 5, or empty.',
    'b.csv:3:8 igg is "4", expected 0 to 3, +/- or empty.',
    'v.tsv:1:26 1 of the 24 SLEDAI-2K items has a column; without: sledai_seizure, sledai_psychosis, sledai_organic_brain_syndrome, sledai_visual_disturbance and 19 more, expected all 24, or none and the total alone.',
    'v.tsv:1:38 there is no SLEDAI-2K item "sledai_ulcer". Did you mean "sledai_ulcers"?',
    'v.tsv:2:15 sledai_rash is "yes", expected 0, 1 or empty.',
    'v.tsv:3:1 unknown patient "P9", expected a patient of the samples or the patients sheet. Did you mean "P1"?',
    'v.tsv:3:6 unknown timepoint "baselin", expected baseline | month3 | empty. Did you mean "baseline"?',
    'v.tsv:3:18 pga is "1,5", expected a number, or empty.',
    'v.tsv:4:1 a second row for patient_id P1, day 0, timepoint baseline (the first is row 2). Keep one.',
    'v.tsv:5:4 the visit has neither day nor timepoint, expected one of them.',
  ]);
});

test('a sheet of 5,000 rows is checked in well under a second', async () => {
  const rows = Array.from({length: 2500}, (_, i) => [`S${i}a\tP${i}\tbaseline\t0\tgex\ta.h5`, `S${i}b\tP${i}\tmonth3\t90\tgex\tb.h5`]).flat();
  // Of the processor: a busy machine takes longer by the clock.
  const started = process.cpuUsage();
  expect((await load({files: {'samples.tsv': sheetOf(...rows)}})).loaded?.rows.length).toBe(5000);
  const {user, system} = process.cpuUsage(started);
  expect((user + system) / 1000).toBeLessThan(1500);
});

test('parameters of two steps that have to agree are told where one of them is set', async () => {
  const {messages} = await load({files: {'run.yaml': `${runFile}steps:\n  read: {tool: kallisto}\n`}, contracts: [toolStep('make'), toolStep('read', 'make.tool')]});
  expect(messages).toEqual(['run.yaml:8:16 read.tool is "kallisto" and make.tool is "star", expected the same. Set both in `steps`.\n     8 |   read: {tool: kallisto}\n                        ~~~~~~~~']);
  const made = await load({files: {'run.yaml': `${runFile}steps:\n  make: {tool: kallisto}\n`}, contracts: [toolStep('make'), toolStep('read', 'make.tool')]});
  expect(made.messages[0].split('\n')[0]).toBe('run.yaml:8:16 read.tool is "star" and make.tool is "kallisto", expected the same. Set both in `steps`.');
  const both = await load({files: {'run.yaml': `${runFile}steps:\n  make: {tool: kallisto}\n  read: {tool: kallisto}\n`}, contracts: [toolStep('make'), toolStep('read', 'make.tool')]});
  expect(both.messages).toEqual([]);
});

function toolStep(name: string, same_as?: string): StepContract {
  return {...qc, name, params: {tool: {type: 'string', enum: ['star', 'kallisto'], default: 'star', summary: 'Tool.', ...(same_as === undefined ? {} : {same_as})}}};
}

test('an export for CELLxGENE without a disease is told before the run', async () => {
  const contracts: StepContract[] = [qc, {...qc, name: 'export', params: {disease: {type: 'string', default: null, summary: 'MONDO id.'}}}];
  const text = `${runFile}exports: [airr, cellxgene]\n`;
  const asked = async (more: Readonly<Record<string, string>>): Promise<string[]> => (await load({contracts, files: more})).messages.map((one) => one.split('\n')[0]);
  expect(await asked({'run.yaml': text})).toEqual(['run.yaml:7:17 cellxgene is asked for and no disease is named.']);
  expect(await asked({'run.yaml': `${text}steps: {export: {disease: "MONDO:0005556"}}\n`})).toEqual([]);
  expect(await asked({'run.yaml': `${text}patients: p.tsv\n`, 'p.tsv': 'patient_id\tdisease_ontology_term_id\nP1\tMONDO:0005556\n'})).toEqual([]);
  expect(await asked({'run.yaml': `${runFile}exports: [airr]\n`})).toEqual([]);
});
