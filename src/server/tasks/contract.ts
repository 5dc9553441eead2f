/** What a task is, and what whoever keeps tasks has to do. One machine keeps them in SQLite; a cluster would elsewhere, behind the same words. */

/** Who ordered a task: `""` where the server has no keys, else a name made from the key's hash. */
export type Owner = string;

export type TaskKind = "speech" | "dub";

/** `async`: somebody asks for it later. `sync` and `stream`: somebody waits on the line, and without them it is not wanted any more. */
export type TaskOrigin = "async" | "sync" | "stream";

export type TaskStatus = "pending" | "processing" | "completed" | "failed";

export type TaskError = {
  /** For programs: one of the API's codes, or `cancelled`, `interrupted`. */
  readonly code: string;
  /** For people. */
  readonly message: string;
};

/** Times are Unix milliseconds. */
export type Task = {
  readonly id: string;
  readonly owner: Owner;
  readonly kind: TaskKind;
  readonly origin: TaskOrigin;
  readonly status: TaskStatus;
  /** 0 to 1, never goes back; 1 only when the result can be read. */
  readonly progress: number;
  /** Grows with every change. */
  readonly revision: number;
  /** Times it was begun: tells one turn of work from another. */
  readonly turn: number;
  /** Turns without those that were given back unharmed. */
  readonly attempts: number;
  /** What its runner reads; a plain JSON value. */
  readonly request: unknown;
  /** Of the work, characters. */
  readonly cost: number;
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly completedAt?: number;
  readonly error?: TaskError;
  readonly isCancelled: boolean;
  readonly result?: unknown;
  /** Names in the file store that live as long as the task: what was uploaded for it, and what it made. */
  readonly files: readonly string[];
  /** Told when it ends. */
  readonly callbackUrl?: string;
};

export type NewTask = Pick<
  Task,
  "id" | "owner" | "kind" | "origin" | "request" | "cost" | "createdAt" | "files" | "callbackUrl"
>;

/** An answer that is given again when the same request comes again. */
export type Idempotency = {
  readonly key: string;
  /** Of the request; another one under the same key is a mistake. */
  readonly requestHash: string;
};

export type RememberedAnswer = {
  readonly requestHash: string;
  readonly status: number;
  readonly body: unknown;
};

export type Submission =
  | { readonly is: "accepted" }
  | { readonly is: "queue_full" }
  | { readonly is: "too_many_tasks"; readonly open: number }
  /** Somebody was quicker with the same key. */
  | { readonly is: "remembered"; readonly answer: RememberedAnswer };

export type SubmitOptions = {
  /** Tasks that may wait, over all owners. */
  readonly mostWaiting: number;
  /** Tasks of this owner that may wait or be at work. */
  readonly mostOpen: number;
  /** Kept in the same step as the task, so that there is never one without the other. */
  readonly remember?: Idempotency & { readonly status: number; readonly body: unknown };
};

export type TaskQuery = {
  readonly owner: Owner;
  readonly status?: TaskStatus;
  /** 1 or more. */
  readonly limit: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
};

/** What a list shows. Texts and results may be long, and are not read for it. */
export type ListedTask = Omit<Task, "request" | "result">;

export type TaskPage = {
  /** Newest first; only those of origin `async`. */
  readonly tasks: readonly ListedTask[];
  /** Of all that match. */
  readonly total: number;
  readonly nextCursor?: string;
};

export type Cancellation = "cancelled" | "already" | "finished" | "unknown";

/** What became of a task that ended: compared and set, so that nobody overwrites an end. */
export type TaskEnd = {
  readonly atMs: number;
} & (
  | { readonly is: "completed"; readonly result: unknown; readonly files: readonly string[] }
  | { readonly is: "failed"; readonly error: TaskError }
);

/** A message for a webhook, written in the same step as the end it tells of. */
export type OutboxEntry = {
  readonly id: string;
  readonly url: string;
  /** Of the url. */
  readonly host: string;
  /** JSON. */
  readonly body: string;
};

export type TaskStore = {
  /** Resolves when task and remembered answer are on the disk. @throws DubberError `disk_full`. */
  submit(task: NewTask, options: SubmitOptions): Promise<Submission>;
  get(id: string): Promise<Task | undefined>;
  list(query: TaskQuery): Promise<TaskPage>;

  /**
   * Takes the next task to work on, in fair turns of the owners, and marks it `processing`.
   *
   * @param kinds that there is room for.
   */
  claim(kinds: readonly TaskKind[]): Promise<Task | undefined>;
  /** Gives a task back, to go on later; the attempt does not count. False when it is not at work any more. */
  giveBack(task: Task, progress: number): Promise<boolean>;
  /** Notes how far it is; less than before, and what is not at work any more, is passed over. */
  progress(task: Task, progress: number): Promise<void>;
  /** Ends a task. False when it has ended already or another turn is at work. */
  end(task: Task, end: TaskEnd): Promise<boolean>;
  /** Ends a task that has not ended, whoever works on it. */
  cancel(id: string, atMs: number): Promise<Cancellation>;

  /** Told after every change of the task, with the task as it is then. @returns ends it. */
  watch(id: string, listener: (task: Task) => void): () => void;
  /** Told when there may be something to claim. @returns ends it. */
  onWaiting(listener: () => void): () => void;

  /** An answer kept under a key, if it is not older than a day. */
  recall(owner: Owner, key: string, nowMs: number): Promise<RememberedAnswer | undefined>;
  remember(
    owner: Owner,
    answer: Idempotency & { readonly status: number; readonly body: unknown },
    nowMs: number,
  ): Promise<void>;

  /**
   * Forgets what ended before a moment; the ids are remembered as expired for a day.
   *
   * @returns names of files nobody needs any more.
   */
  sweep(endedBeforeMs: number, nowMs: number): Promise<readonly string[]>;
  /** True for a task that was there and has been swept. */
  isExpired(id: string, owner: Owner): Promise<boolean>;
  /** Every file name that belongs to a task. */
  fileNames(): Promise<ReadonlySet<string>>;
  counts(): { readonly waiting: number; readonly processing: number };
};
