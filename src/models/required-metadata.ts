/** What an .onnx file has to say about itself before sherpa-onnx may read it: it ends the process where one of these is missing. */
import type { ModelFileRole } from "./contract.ts";

/** By family and role; from the model classes in k2-fsa/sherpa-onnx, sherpa-onnx/csrc, of version 1.13. */
const keys: Readonly<Record<string, string>> = {
  "whisper encoder":
    "n_mels n_text_layer n_text_ctx n_text_state n_vocab sot eot blank_id translate transcribe is_multilingual no_timestamps no_speech sot_sequence",
  "sense-voice model":
    "vocab_size lfr_window_size lfr_window_shift normalize_samples with_itn without_itn lang_auto lang_zh lang_en lang_ja lang_ko lang_yue neg_mean inv_stddev",
  "parakeet encoder": "vocab_size subsampling_factor normalize_type pred_rnn_layers pred_hidden",
  "pyannote model":
    "sample_rate window_size receptive_field_size receptive_field_shift num_speakers powerset_max_classes num_classes",
  "3d-speaker model": "output_dim sample_rate normalize_samples language framework",
  "wespeaker model": "output_dim sample_rate normalize_samples language framework",
  "gtcrn model":
    "model_type sample_rate n_fft hop_length window_length window_type version conv_cache_shape tra_cache_shape inter_cache_shape",
};

/** Names of the `metadata_props` a file needs; none for families that need none or that are not known here. */
export function requiredMetadata(family: string, role: ModelFileRole): readonly string[] {
  return keys[`${family} ${role}`]?.split(" ") ?? [];
}
