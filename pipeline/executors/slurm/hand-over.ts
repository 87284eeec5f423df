// How an engine ends without its jobs in Slurm: the reasons of an abort that leave them to the next engine.

/** It submits the next one, a batch job, itself. */
export const handOver = 'hand over';
/** Slurm starts this one again, or somebody runs again. */
export const leaveJobs = 'leave jobs';

export const isLeftToGoOn = ({aborted, reason}: AbortSignal): boolean => aborted && (reason === handOver || reason === leaveJobs);

/** In the environment of an engine that is a batch job. */
export const engineJobVariable = 'LYMPHLINE_ENGINE_JOB';
