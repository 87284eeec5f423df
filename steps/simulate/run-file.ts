// The run file of a simulated cohort.
export function runFile({timepoints, seed, primary}: {timepoints: readonly string[]; seed: number; primary: readonly string[]}): string {
  const [first, ...later] = timepoints;
  const contrasts = later.map((after, i) => `  - {name: ${after}-vs-${first}, by: timepoint, before: ${first}, after: ${after}${i === later.length - 1 ? ', primary: true' : ''}}`);
  return `# A simulated cohort; truth/ says what was planted. Run it with: lymphline run run.yaml
lymphline: 1
name: simulated
samples: samples.tsv
visits: visits.tsv
patients: patients.tsv
biopsies: biopsies.tsv
adverse_events: aes.tsv
timepoints: [${timepoints.join(', ')}]
${contrasts.length === 0 ? '' : `contrasts:\n${contrasts.join('\n')}\n`}signatures:
  primary: [${primary.join(', ')}]
seed: ${seed}
`;
}
