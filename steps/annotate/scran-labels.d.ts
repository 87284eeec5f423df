// scran.js ships no types: the part of its 4.1.0 interface that labelling by a reference uses, besides that of the cluster step.
declare module 'scran.js' {
  interface LoadedReference extends Freed {
    numberOfFeatures(): number;
  }
  interface TrainedReference extends Freed {
    numberOfFeatures(): number;
  }
  interface CellLabels extends Freed {
    predicted(): Int32Array;
    scoreForLabel(label: number): Float64Array;
    delta(): Float64Array;
  }
  export function loadLabelCellsReferenceFromBuffers(ranks: Uint8Array, markers: Uint8Array, labels: Uint8Array): LoadedReference;
  export function trainLabelCellsReference(
    testFeatures: readonly string[], reference: LoadedReference, referenceFeatures: readonly string[],
    options: {top: number; approximate: boolean},
  ): TrainedReference;
  export function labelCells(matrix: ScranMatrix, reference: TrainedReference): CellLabels;
  export function runPca(
    matrix: ScranMatrix,
    options: {features: Uint8Array; numberOfPCs: number; block: Int32Array; blockMethod: 'regress' | 'project' | 'none'},
  ): Freed & {principalComponents(): Float64Array; numberOfPCs(): number};
  export function clusterKmeans(
    components: Float64Array, clusters: number, options: {numberOfDims: number; numberOfCells: number},
  ): Freed & {clusters(): Int32Array};
}
