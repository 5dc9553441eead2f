/** A downloaded recogniser as it is opened. `InstalledModel` of the catalogue is one. */
/** A model that is there and whole. */
export type LocalModel = {
  readonly entry: {
    readonly name: string;
    readonly family: string;
    readonly files: readonly { readonly path: string }[];
  };
  /** Absolute. */
  readonly directory: string;
};

/** The file of a model that has one network, and the name it goes by. */
export type ModelFile = { readonly name: string /** Absolute. */; readonly path: string };
