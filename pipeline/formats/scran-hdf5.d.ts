// scran.js ships no types: the part of its 4.1.0 HDF5 writer that formats/hdf5-write.ts uses.
declare module 'scran.js' {
  export function initialize(options: {numberOfThreads: number}): Promise<void>;
  export class H5EnumType {
    constructor(code: string, levels: Readonly<Record<string, number>>);
  }
  export class H5StringType {
    static variableLength: number;
    constructor(encoding: string, length: number);
  }
  class H5Base {
    writeAttribute(name: string, type: H5EnumType | H5StringType, shape: readonly number[], values: Int8Array | readonly string[]): void;
  }
  export class H5Group extends H5Base {
    constructor(file: string, path: string);
    writeDataSet(name: string, type: H5EnumType, shape: readonly number[], values: Int8Array): H5Base;
  }
  export class H5File extends H5Group {
    constructor(file: string);
  }
}
