// How Node is started for a step. Without the second flag one end in some 40 hung in a trial (Node 24.21): an explicit exit joins V8's workers, and one that compiles
// baseline code may wait there for a garbage collection that the main thread never does. With it none of 150 did.
export const nodeFlags: readonly string[] = ['--disable-warning=ExperimentalWarning', '--no-concurrent-sparkplug'];
