/** What can go wrong with one answer of a fake service. */

export type Fault =
  /** An error in the service's own shape; 429 comes at once, every other status after the latency. */
  | {
      readonly kind: "status";
      readonly status: number;
      /** The `Retry-After` header, as it is. */
      readonly retryAfter?: string;
      /** The service's own code or status word, e.g. `insufficient_quota`. */
      readonly code?: string;
      readonly message?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Head and half of the body, then the socket is destroyed. */
  | { readonly kind: "cut" }
  /** 200 with a page of HTML, as from a proxy. */
  | { readonly kind: "html" }
  /** 200 with the type of sound and no body. */
  | { readonly kind: "empty" }
  /** The last byte is missing, so half a sample stands at the end. */
  | { readonly kind: "odd" }
  /** Sound of another sample rate, Hz: a header says so, a body without header only is so. */
  | { readonly kind: "rate"; readonly sampleRate: number }
  /** Answers `ms` later than it would. */
  | { readonly kind: "slow"; readonly ms: number }
  /** The body in 16 pieces with `ms` between them. */
  | { readonly kind: "drip"; readonly ms: number }
  /** Never answers. */
  | { readonly kind: "hang" }
  /** The connection is reset before the head. */
  | { readonly kind: "reset" }
  /** A good answer with ten samples of sound. */
  | { readonly kind: "short" };
