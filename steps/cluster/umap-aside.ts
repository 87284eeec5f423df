// The UMAP layout in a thread of its own, with its own instance of scran.js, while the graph, the clusters and the markers are computed: the layout is one of the longest
// parts and uses one core. The coordinates are those of the same call in one thread after the other.
import {isMainThread, parentPort, Worker, workerData} from 'node:worker_threads';
import * as scran from 'scran.js';

export interface LayoutQuestion {
  /** As `serialize` of the search gives them. */
  readonly found: {readonly runs: Int32Array; readonly indices: Int32Array; readonly distances: Float64Array};
  readonly neighbors: number;
  readonly epochs: number;
}

export interface Layout {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

export function layOutAside(question: LayoutQuestion): Promise<Layout> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), {workerData: {umapQuestion: question}});
    worker.once('message', (layout: Layout) => {
      resolve(layout);
      void worker.terminate();
    });
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the thread of the UMAP ended with ${code}`)));
  });
}

/** Set where this file is the thread's own program. */
const question = isMainThread ? undefined : (workerData as {umapQuestion?: LayoutQuestion} | null)?.umapQuestion;
if (question !== undefined) {
  await scran.initialize({numberOfThreads: 1});
  const {found, neighbors, epochs} = question;
  const {x, y} = scran.runUmap(scran.FindNearestNeighborsResults.unserialize(found.runs, found.indices, found.distances), {neighbors, epochs});
  parentPort?.postMessage({x, y});
}
