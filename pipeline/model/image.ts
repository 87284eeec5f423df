// A container image, whatever form it has: what it is is its id, the digest of its configuration.
export interface ImageEntry {
  readonly name: string;
  /** containers/<name>/Containerfile makes it. */
  readonly isOurs: boolean;
  /** Where it is published; with `digest`, pulled as `<reference>@<digest>`. */
  readonly reference?: string;
  /** Of the manifest: `sha256:…`. */
  readonly digest?: string;
  readonly licence: string;
  readonly contents: string;
  /** `host`: it has no Node of ours; that of this machine is mounted. */
  readonly node: 'image' | 'host';
}

/** Kept beside each form of an image as `<file or folder>.json`. */
export interface ImageRecord {
  readonly image: string;
  /** `sha256:` and the digest of the image's configuration, equal for every form. */
  readonly id: string;
  /** How it came here. */
  readonly made: 'build' | 'pull' | 'convert';
  readonly reference?: string;
}

/** An image that an engine of this machine can start. */
export interface FoundImage {
  readonly name: string;
  readonly id: string;
  /** What the engine is told: an id, or a path. */
  readonly place: string;
  readonly node: 'image' | 'host';
}
