// The further contigs (the transgene), held in memory: they are few and short.
import {readFasta} from '../../pipeline/formats/fasta.ts';
import {refuse, type StepJob} from '../../pipeline/step-runtime/run-step.ts';

export interface ExtraContig {
  readonly name: string;
  readonly sequence: Uint8Array;
  readonly path: string;
  /** Of the header. */
  readonly line: number;
}

export async function readExtraContigs(job: StepJob): Promise<ExtraContig[]> {
  const contigs: ExtraContig[] = [];
  for (const {path} of job.inputFiles('extra')) {
    for await (const {name, sequence, line} of readFasta(path)) {
      if (contigs.some((contig) => contig.name === name)) refuse({input: path, line, found: `${name}, which another of the further FASTA files has too`, expected: 'a name for each contig', advice: 'Rename or remove one.'});
      const stray = sequence.findIndex((byte) => !'ACGTN'.includes(String.fromCharCode(byte)));
      if (stray >= 0) refuse({input: path, line, found: `${name} has the letter ${String.fromCharCode(sequence[stray])} at base ${stray + 1}`, expected: 'A, C, G, T or N', advice: 'Give the sequence of the vector as DNA; reads can only be found where the bases are known.'});
      contigs.push({name, sequence: sequence.slice(), path, line});
    }
  }
  return contigs;
}
