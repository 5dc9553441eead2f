/** The parts of sherpa-onnx's package that Dubber uses; it ships no declarations of its own. */
declare module "sherpa-onnx-node" {
  /** A CommonJS module whose names Node cannot see from outside: everything stands in `default`. */
  const library: {
    readonly Vad: typeof Vad;
    readonly OfflineRecognizer: typeof OfflineRecognizer;
    readonly OfflineSpeakerDiarization: typeof OfflineSpeakerDiarization;
    readonly SpeakerEmbeddingExtractor: typeof SpeakerEmbeddingExtractor;
    readonly OfflineSpeechDenoiser: typeof OfflineSpeechDenoiser;
  };
  export default library;
  export type { OfflineRecognizer, OfflineStream, OnlineStream, SpeakerEmbeddingExtractor, Vad };

  export type Sound = { readonly samples: Float32Array; readonly sampleRate: number };
  /** External buffers are not allowed everywhere; `false` copies. */
  type Copied = { readonly enableExternalBuffer?: boolean };

  class Vad {
    constructor(config: VadConfig, bufferSizeInSeconds: number);
    acceptWaveform(samples: Float32Array): void;
    isEmpty(): boolean;
    pop(): void;
    front(enableExternalBuffer?: boolean): {
      readonly start: number;
      readonly samples: Float32Array;
    };
    reset(): void;
    flush(): void;
  }
  export type VadConfig = {
    readonly sileroVad: {
      readonly model: string;
      readonly threshold: number;
      readonly minSilenceDuration: number;
      readonly minSpeechDuration: number;
      readonly maxSpeechDuration: number;
      readonly windowSize: number;
    };
    readonly sampleRate: number;
    readonly numThreads: number;
    readonly provider: string;
    readonly debug: boolean;
  };

  class OfflineStream {
    acceptWaveform(sound: Sound): void;
  }
  class OfflineRecognizer {
    constructor(config: OfflineRecognizerConfig);
    createStream(): OfflineStream;
    setConfig(config: OfflineRecognizerConfig): void;
    decode(stream: OfflineStream): void;
    /** Read from the library's JSON: unknown until it is checked. */
    getResult(stream: OfflineStream): unknown;
  }
  export type OfflineRecognizerConfig = {
    readonly featConfig: { readonly sampleRate: number; readonly featureDim: number };
    readonly modelConfig: OfflineModelConfig;
    readonly decodingMethod: "greedy_search";
  };
  export type OfflineModelConfig = {
    readonly whisper?: {
      readonly encoder: string;
      readonly decoder: string;
      readonly language: string;
      readonly task: "transcribe";
      readonly tailPaddings: number;
      readonly enableTokenTimestamps: number;
      readonly enableSegmentTimestamps: number;
    };
    readonly moonshine?: {
      readonly preprocessor?: string;
      readonly encoder: string;
      readonly uncachedDecoder?: string;
      readonly cachedDecoder?: string;
      readonly mergedDecoder?: string;
    };
    readonly senseVoice?: {
      readonly model: string;
      readonly language: string;
      readonly useInverseTextNormalization: number;
    };
    readonly transducer?: {
      readonly encoder: string;
      readonly decoder: string;
      readonly joiner: string;
    };
    readonly modelType?: string;
    readonly tokens: string;
    readonly numThreads: number;
    readonly provider: string;
    readonly debug: number;
  };

  class OfflineSpeakerDiarization {
    constructor(config: DiarizationConfig);
    readonly sampleRate: number;
    process(
      samples: Float32Array,
    ): readonly { readonly start: number; readonly end: number; readonly speaker: number }[];
    setConfig(config: { readonly clustering: ClusteringConfig }): void;
  }
  export type ClusteringConfig = { readonly numClusters: number; readonly threshold: number };
  export type DiarizationConfig = {
    readonly segmentation: {
      readonly pyannote: { readonly model: string };
      readonly numThreads: number;
      readonly provider: string;
      readonly debug: number;
    };
    readonly embedding: EmbeddingConfig;
    readonly clustering: ClusteringConfig;
    readonly minDurationOn: number;
    readonly minDurationOff: number;
  };

  class OnlineStream {
    acceptWaveform(sound: Sound): void;
    inputFinished(): void;
  }
  class SpeakerEmbeddingExtractor {
    constructor(config: EmbeddingConfig);
    readonly dim: number;
    createStream(): OnlineStream;
    isReady(stream: OnlineStream): boolean;
    compute(stream: OnlineStream, enableExternalBuffer?: boolean): Float32Array;
  }
  export type EmbeddingConfig = {
    readonly model: string;
    readonly numThreads: number;
    readonly provider: string;
    readonly debug: number;
  };

  class OfflineSpeechDenoiser {
    constructor(config: {
      readonly model: {
        readonly gtcrn: { readonly model: string };
        readonly numThreads: number;
        readonly provider: string;
        readonly debug: number;
      };
    });
    readonly sampleRate: number;
    run(sound: Sound & Copied): Sound;
  }
}
