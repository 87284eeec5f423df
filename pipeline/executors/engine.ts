// A container engine is a rewrite of an argv; it starts nothing.
export interface EngineRequest {
  readonly argv: readonly string[];
  readonly image: string;
  readonly folder: string;
  readonly readable: readonly string[];
  readonly writable: readonly string[];
}

export interface ContainerEngine {
  readonly name: string;
  readonly wrap: (request: EngineRequest) => readonly string[];
}
