#include "evergreen/pipeline/update.hpp"

#include <functional>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "evergreen/base/json.hpp"
#include "evergreen/checkpoint/staged_directory.hpp"
#include "evergreen/pipeline/cpt.hpp"
#include "evergreen/pipeline/evaluate_model.hpp"
#include "evergreen/pipeline/model_directory.hpp"
#include "evergreen/pipeline/stages.hpp"
#include "evergreen/pipeline/update_inputs.hpp"
#include "evergreen/pipeline/update_report.hpp"
#include "evergreen/residual/residual.hpp"
#include "evergreen/train/train_state.hpp"

namespace evergreen {
namespace {

// One update in its work directory; each member function is a stage, and returns the stage's result as JSON.
class Update {
 public:
  Update(UpdateOptions options, UpdateInputs inputs, const StopFlag* stop, const ProgressFn& progress,
         const UpdateRanks& ranks)
      : options_(std::move(options)),
        inputs_(std::move(inputs)),
        stop_(stop),
        progress_(progress),
        ranks_(ranks),
        path_(options_.out.string() + ".work") {
    if (leads()) work_.emplace(path_, inputs_.settings);
  }

  UpdateReport run() {
    // Every setting is in settings.json, which a work directory never changes: so a stage depends on those before it only.
    results_.pair = stage("pair", "", [&] { return pair(); });
    results_.tokens = stage("tokens", "", [&] { return tokens(); });
    train_together();
    results_.train = stage("cpt", results_.tokens, [&] { return cpt(); });
    results_.graft = stage("graft", results_.train, [&] { return graft_residual(); });
    results_.scores = stage("evaluate", results_.graft, [&] { return evaluate(); });
    UpdateReport report = make_update_report(options_, inputs_, results_);
    found("published", [&] {
      publish(report);
      return std::string();
    });
    return report;
  }

 private:
  bool leads() const { return ranks_.groups == nullptr || ranks_.groups->rank() == 0; }

  // What rank 0 finds, on all ranks.
  std::string found(const std::string& name, const std::function<std::string()>& find) {
    return ranks_.groups == nullptr ? find() : ranks_.groups->rank_zero_finds("update/" + name, find);
  }
  std::string stage(const std::string& name, const std::string& key,
                    const std::function<std::string()>& body) {
    return found(name, [&] { return work_->stage(name, key, body); });
  }

  // Several processes: all are in this one stage, so that a stop asked of one ends it for all alike.
  void train_together() {
    if (ranks_.groups == nullptr) return;
    const bool trained =
        !found("trained", [&] { return work_->is_finished("cpt", results_.tokens) ? "yes" : ""; }).empty();
    if (trained) return;
    if (leads()) {
      work_->stage("cpt", results_.tokens, [&] { return cpt(); });
    } else {
      Decoder decoder = decoder_to_train();
      train_base(decoder);
    }
  }

  bool sharded() const { return ranks_.groups != nullptr && shards_weights(options_.train.parallel.mode); }

  Decoder decoder_to_train() const {
    const at::TensorOptions type =
        at::TensorOptions(ranks_.device).dtype(trained_type(options_.train.precision));
    if (!sharded()) return load_decoder(inputs_.start, type);
    const ModelConfig config = read_model_config(inputs_.start);
    return {config, Parameters(config, type)};
  }

  TrainReport train_base(Decoder& decoder) const {
    return continue_pretraining(decoder, inputs_.settings.at("start-from"), sources(), at("cpt"),
                                options_.train, stop_, progress_,
                                {ranks_.groups, sharded() ? inputs_.start : fs::path()});
  }

  fs::path at(const char* name) const { return path_ / name; }
  fs::path trained_base() const { return at("base"); }    // in the base's dtype: for the user, and next month
  fs::path trained_exact() const { return at("exact"); }  // in float32: for the graft
  fs::path updated() const { return at("updated"); }

  // Hours of training end with the graft: whatever would make that fail is found before they begin.
  std::string pair() {
    ResidualOptions options;
    options.added_tokens = options_.added_tokens;
    options.threads = options_.threads;
    options.progress = progress_;
    options.stop = stop_;
    try {
      const PairMeasure pair = measure_pair(inputs_.base_weights, inputs_.instruct_weights, options);
      return to_text({{"relative_residual", pair.report.total.relative()},
                      {"base_hash", pair.base_hash},
                      {"instruct_hash", pair.instruct_hash}});
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::input && !work_->continued()) fs::remove_all(path_);
      throw;
    }
  }

  std::string tokens() {
    CorpusRequest request{
        options_.recipe, options_.base, options_.held_out, options_.max_tokens, options_.train.packing.seed,
        options_.threads};
    const PrepareReport report = prepare_for(inputs_.base_config, request, at("tokens"), stop_, progress_);
    OrderedJson json = OrderedJson::parse(report_json(report));
    json["corpus_hash"] = to_string(corpus_hash(options_.recipe.inputs));
    if (!options_.replay.empty()) {
      request.recipe = replay_recipe(options_);
      request.max_tokens = 0;
      const PrepareReport replay = prepare_for(inputs_.base_config, request, at("replay"), stop_, progress_);
      json["replay"] = OrderedJson::parse(report_json(replay));
      json["replay_hash"] = to_string(corpus_hash(options_.replay));
    }
    return to_text(json);
  }

  std::vector<PreparedSource> sources() const {
    if (options_.replay.empty()) return {{at("tokens")}};
    return {{at("tokens"), 1 - options_.replay_share}, {at("replay"), options_.replay_share, "replay"}};
  }

  std::string cpt() {
    Decoder decoder = decoder_to_train();
    const TrainReport report = train_base(decoder);
    const Dtype dtype = inputs_.base_config.dtype.value_or(inputs_.base_weights.tensors().front().dtype);
    save_trained(decoder, report, trained_base(), dtype);
    save_trained(decoder, report, trained_exact(), Dtype::f32);
    return to_text({{"steps", report.steps},
                    {"tokens", report.tokens},
                    {"seconds", report.seconds},
                    {"first_loss", report.first_loss},
                    {"final_loss", report.final_loss},
                    {"validation_before", report.first_validation.loss},
                    {"validation_after", report.last_validation.loss}});
  }

  void save_trained(const Decoder& decoder, const TrainReport& report, const fs::path& out,
                    Dtype dtype) const {
    if (fs::exists(out)) return;  // complete, from before the work was interrupted
    SaveModelOptions save;
    save.dtype = dtype;
    save.companions = options_.base;
    save.config_json = merge_config_json(inputs_.start, inputs_.start, dtype);
    save.card = base_card(options_);
    save.provenance = update_provenance(options_, inputs_, results_);
    if (!report.decoder_holds_result) {
      save.write_weights = [&](CheckpointWriter& writer) {
        write_trained_weights(report.state, options_.train.ema_decay > 0, writer);
      };
    }
    save_model(decoder, out, save);
  }

  std::string graft_residual() {
    fs::remove_all(updated());  // without its stage's mark it may belong to weights of before
    ResidualOptions residual;
    residual.scale = options_.scale;
    residual.added_tokens = options_.added_tokens;
    residual.dtype = options_.dtype ? options_.dtype : inputs_.base_config.dtype;
    if (!residual.dtype) residual.dtype = inputs_.base_weights.tensors().front().dtype;
    residual.command = "evergreen update";
    residual.threads = options_.threads;
    residual.progress = progress_;
    residual.stop = stop_;
    const ResidualReport report = graft(CheckpointReader(trained_exact()), inputs_.base_weights,
                                        inputs_.instruct_weights, updated(), residual);
    return to_text({{"relative_residual", report.total.relative()}, {"weights_hash", report.weights_hash}});
  }

  std::string evaluate() {
    EvaluateRequest request{.held_out = at("tokens") / "held_out.jsonl",
                            .old_text = options_.old_text,
                            .old_text_field = options_.recipe.corpus.text_field,
                            .tasks = options_.tasks};
    OrderedJson scores = OrderedJson::array();
    const std::pair<const char*, fs::path> models[] = {{"base", options_.base},
                                                       {"instruct", options_.instruct},
                                                       {"base + CPT", trained_base()},
                                                       {"updated", updated()}};
    for (const auto& [name, directory] : models) {
      request.chat = name == std::string_view("instruct") || name == std::string_view("updated");
      scores.push_back(OrderedJson::parse(evaluate_model(directory, name, request, stop_, progress_)));
    }
    return to_text(scores);
  }

  // The directory appears by one rename, with everything in it; only then the work directory goes.
  void publish(const UpdateReport& report) {
    if (fs::exists(trained_base())) fs::rename(trained_base(), updated() / "base");
    replace_file(updated() / "report.json", report.json);
    replace_file(updated() / "README.md", updated_card(options_, report));
    Provenance provenance = update_provenance(options_, inputs_, results_);
    if (const auto grafted = read_provenance(updated())) provenance.tensors = grafted->tensors;
    replace_file(updated() / kProvenanceFile, to_json_text(provenance));
    replace_file(updated() / "metrics.jsonl", read_text(at("cpt") / "metrics.jsonl"));
    publish_directory(updated(), options_.out);
    fs::remove_all(path_);
  }

  UpdateOptions options_;
  UpdateInputs inputs_;
  const StopFlag* stop_;
  ProgressFn progress_;
  UpdateRanks ranks_;
  fs::path path_;
  std::optional<WorkDirectory> work_;  // rank 0's
  UpdateResults results_;
};

}  // namespace

UpdateReport update(const UpdateOptions& asked, const StopFlag* stop, const ProgressFn& progress,
                    const UpdateRanks& ranks) {
  UpdateOptions options = asked;
  UpdateInputs inputs = check_update(options);
  if (ranks.groups != nullptr) ranks.groups->world().barrier();  // none looks while another writes
  try {
    return Update(std::move(options), std::move(inputs), stop, progress, ranks).run();
  } catch (const Error& error) {
    if (ranks.groups != nullptr && error.kind() != ErrorKind::interrupted)
      ranks.groups->watch().report(error);
    throw;
  }
}

}  // namespace evergreen
