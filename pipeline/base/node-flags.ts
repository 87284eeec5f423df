// How Node is started for a step, and for the engine. Without --no-concurrent-sparkplug one end in some 40 hung in a trial (Node 24.21): an explicit exit joins V8's
// workers, and one that compiles baseline code may wait there for a garbage collection that the main thread never does. With it none of 150 did.
const always = ['--disable-warning=ExperimentalWarning', '--no-concurrent-sparkplug'];

/** Typed arrays are most of what a step holds, and V8 counts them with the young: in 16 MB of those, its default, 150 MB of read files stayed beside 750 in use. No step got slower. */
export const nodeFlags: readonly string[] = [...always, '--max-semi-space-size=4'];

/** The engine stays for days on a head node that is shared, and Linux copies the page table of what it holds for each program that it starts: a small heap makes both cheaper (103 MB instead of 159 at 5,000 jobs). bin/lymphline has the same. */
export const engineFlags: readonly string[] = [...always, '--max-semi-space-size=1', '--optimize-for-size'];
