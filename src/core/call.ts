/** What every long-running public function takes last. */
export type Call = {
  /** Ends the work: reaches child processes, requests and files. The call then throws the signal's reason. */
  readonly signal?: AbortSignal;
};
