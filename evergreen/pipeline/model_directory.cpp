#include "evergreen/pipeline/model_directory.hpp"

#include "evergreen/base/error.hpp"
#include "evergreen/checkpoint/model_files.hpp"
#include "evergreen/checkpoint/reader.hpp"
#include "evergreen/checkpoint/writer.hpp"

namespace evergreen {

Decoder load_decoder(const fs::path& directory, at::TensorOptions options) {
  const ModelConfig config = read_model_config(directory);
  const CheckpointReader checkpoint(directory);
  return {config, load_parameters(checkpoint, config, options)};
}

void save_model(const Decoder& decoder, const fs::path& out, const SaveModelOptions& options) {
  CheckpointWriter writer(out, tensor_plan(decoder.config(), options.dtype));
  options.write_weights ? options.write_weights(writer) : write_parameters(decoder.parameters(), writer);
  ModelConfig config = decoder.config();
  config.dtype = options.dtype;
  writer.put_file("config.json",
                  options.config_json.empty() ? make_config_json(config) : options.config_json);
  if (!options.companions.empty()) {
    copy_tokenizer_files(options.companions, writer);
    copy_model_files(options.companions, writer);
  }
  if (!options.card.empty()) writer.put_file("README.md", options.card);
  ContentHash hash(writer.tensors());
  writer.complete(hash);
  Provenance provenance = options.provenance;
  provenance.weights_hash = to_string(hash.content());
  provenance.tensors = hash.tensors();
  writer.put_file(kProvenanceFile, to_json_text(provenance));
  writer.publish();
}

}  // namespace evergreen
