// What is legal in a config or a sheet but worth a second look; a run starts all the same.
export interface Warning {
  /** One sentence or two, ready to print. */
  readonly text: string;
}
