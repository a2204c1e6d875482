#include "evergreen/pipeline/update.hpp"

#include <array>
#include <functional>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "evergreen/base/json.hpp"
#include "evergreen/checkpoint/staged_directory.hpp"
#include "evergreen/pipeline/cpt.hpp"
#include "evergreen/pipeline/evaluate_model.hpp"
#include "evergreen/pipeline/model_directory.hpp"
#include "evergreen/pipeline/model_to_train.hpp"
#include "evergreen/pipeline/stages.hpp"
#include "evergreen/pipeline/update_inputs.hpp"
#include "evergreen/pipeline/update_report.hpp"
#include "evergreen/report/heat_map_json.hpp"
#include "evergreen/residual/inspect.hpp"
#include "evergreen/residual/inspect_tables.hpp"
#include "evergreen/residual/residual.hpp"

namespace evergreen {
namespace {

constexpr size_t kSampleAnswers = 6;

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
    UpdateReport report;  // rank 0's
    leading("prepared", [&] { prepare(); });
    train_together();
    leading("published", [&] { report = finish(); });
    return report;
  }

 private:
  bool leads() const { return ranks_.groups == nullptr || ranks_.groups->rank() == 0; }

  // Rank 0 does it, the others wait for it.
  void leading(const std::string& name, const std::function<void()>& body) {
    ranks_.groups == nullptr ? body() : ranks_.groups->rank_zero_first("update/" + name, body);
  }

  // Every setting is in settings.json, which a work directory never changes: so a stage depends on those before it only.
  void prepare() {
    results_.pair = work_->stage("pair", "", [&] { return pair(); });
    results_.tokens = work_->stage("tokens", "", [&] { return tokens(); });
    if (inputs_.search) divide_texts();
  }

  UpdateReport finish() {
    results_.train = work_->stage("cpt", results_.tokens, [&] { return cpt(); });
    if (inputs_.search) find_scale();
    const std::string weights = results_.train + results_.scale;
    results_.graft =
        work_->stage("graft", weights, [&] { return graft_residual(updated(), options_.scale); });
    if (options_.layer_maps)
      results_.layers = work_->stage("layers", results_.train, [&] { return layers(); });
    evaluate_all();
    results_.seconds = work_->seconds();
    results_.steps = read_step_metrics(at("cpt") / "metrics.jsonl");
    results_.validation = read_validation_metrics(at("cpt") / "metrics.jsonl");
    UpdateReport report = make_update_report(options_, inputs_, results_);
    publish(report);
    return report;
  }

  // Several processes: all are in this one stage, so that a stop asked of one ends it for all alike.
  void train_together() {
    if (ranks_.groups == nullptr) return;
    const auto find = [&] { return std::string(work_->is_finished("cpt", results_.tokens) ? "yes" : ""); };
    if (!ranks_.groups->rank_zero_finds("update/trained", find).empty()) return;
    if (leads()) {
      work_->stage("cpt", results_.tokens, [&] { return cpt(); });
    } else {
      Decoder decoder = decoder_to_train();
      train_base(decoder);
    }
  }

  Decoder decoder_to_train() const {
    return evergreen::decoder_to_train(inputs_.start, options_.train, ranks_.groups, ranks_.device);
  }

  TrainReport train_base(Decoder& decoder) const {
    return continue_pretraining(decoder, inputs_.settings.at("start-from"), sources(), at("cpt"),
                                options_.train, stop_, progress_,
                                rank_share(inputs_.start, options_.train, ranks_.groups));
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
    save_from_state(save, report, options_.train);
    save_model(decoder, out, save);
  }

  std::string graft_residual(const fs::path& out, double scale) {
    fs::remove_all(out);  // without its stage's mark it may belong to weights of before
    ResidualOptions residual;
    residual.scale = scale;
    residual.added_tokens = options_.added_tokens;
    residual.dtype = options_.dtype ? options_.dtype : inputs_.base_config.dtype;
    if (!residual.dtype) residual.dtype = inputs_.base_weights.tensors().front().dtype;
    residual.command = "evergreen update";
    residual.threads = options_.threads;
    residual.progress = progress_;
    residual.stop = stop_;
    const ResidualReport report = graft(CheckpointReader(trained_exact()), inputs_.base_weights,
                                        inputs_.instruct_weights, out, residual);
    return to_text({{"relative_residual", report.total.relative()}, {"weights_hash", report.weights_hash}});
  }

  // Text that the report is measured on; where a scale is searched for, only the part the search has not seen.
  fs::path reported_text() const {
    return inputs_.search ? at("divided") / "report.jsonl" : at("tokens") / "held_out.jsonl";
  }
  fs::path searched_text() const { return at("divided") / "search.jsonl"; }

  // Evaluations are compared with each other: where an update goes on with another dtype of computation they are made again.
  std::string computed_in() const { return ranks_.device.is_cpu() ? "" : "bfloat16"; }

  // Each candidate is the very model that the graft would write, and a stage of its own.
  std::string candidate(double scale) {
    const fs::path model = at("candidate");
    graft_residual(model, scale);
    const EvaluateRequest request{.held_out = searched_text(),
                                  .old_text = {},
                                  .tasks = options_.scale_search->tasks,
                                  .data = options_.data,
                                  .shots = options_.shots,
                                  .chat = true,
                                  .place = usual_place(ranks_.device)};
    const std::string name = fmt::format("scale {}", scale);
    const std::string evaluation = evaluate_model(model, name, request, stop_, progress_);
    fs::remove_all(model);
    const ScalePoint point = scale_point(scale, evaluation, *inputs_.search);
    return to_text({{"scale", point.scale},
                    {"score", point.score},
                    {"score_error", point.score_error},
                    {"perplexity", point.perplexity},
                    {"tokens", OrderedJson::parse(evaluation).at("tokens")}});
  }

  // Too few texts are told before training, and leave nothing behind that another --held-out would stumble over.
  void divide_texts() {
    try {
      divide_held_out(at("tokens") / "held_out.jsonl", searched_text(), reported_text());
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::input && !work_->continued()) fs::remove_all(path_);
      throw;
    }
  }

  void find_scale() {
    OrderedJson found = {{"rule", scale_rule_text()}};
    std::vector<std::string> tasks;
    for (const ScoreName& score : inputs_.search->scores) tasks.push_back(score.task);
    found["measured_on"] = fmt::format("{}", fmt::join(tasks, ", "));
    std::vector<ScalePoint> points;
    double tokens = 0;
    for (const double scale : options_.scale_search->grid) {
      const std::string name = fmt::format("scale-{}", scale);
      const OrderedJson point = OrderedJson::parse(
          work_->stage(name, results_.train + computed_in(), [&] { return candidate(scale); }));
      points.push_back({scale, point.at("score").get<double>(), point.at("score_error").get<double>(),
                        point.at("perplexity").get<double>()});
      tokens += point.at("tokens").get<double>();
      found["points"].push_back(point);
    }
    const ScaleChoice choice = choose_scale(points);
    options_.scale = points[choice.chosen].scale;
    found["tokens"] = tokens;
    found["undecided"] = choice.undecided;
    found["chosen"] = options_.scale;
    results_.scale = found.dump();
  }

  std::string layers() {
    InspectOptions options;
    options.sample.rows = 0;
    options.threads = options_.threads;
    options.progress = progress_;
    options.stop = stop_;
    const CheckpointReader trained(trained_exact());
    const InspectReport report =
        inspect_residual(inputs_.base_weights, inputs_.instruct_weights, &trained, options);
    OrderedJson json = {{"relative_residual", report.total.relative.value_or(0)},
                        {"relative_shift", report.total.shift_relative.value_or(0)},
                        {"cosine", report.total.cosine.value_or(0)}};
    json["maps"] = OrderedJson::parse(to_json_text(inspect_maps(report)));
    return to_text(json);
  }

  void evaluate_all() {
    EvaluateRequest request{.held_out = reported_text(),
                            .old_text = options_.old_text,
                            .old_text_field = options_.recipe.corpus.text_field,
                            .tasks = options_.tasks,
                            .data = options_.data,
                            .shots = options_.shots,
                            .prompts = inputs_.prompts,
                            .place = usual_place(ranks_.device)};
    const std::string prompts = options_.prompts ? read_text(*options_.prompts) : std::string();
    struct Model {
      const char* stage;
      fs::path directory;
      std::string made_from;
      bool chat;
    };
    const std::array<Model, kUpdateArms.size()> models = {
        Model{"evaluate-base", options_.base, results_.tokens, false},
        Model{"evaluate-instruct", options_.instruct, results_.tokens + prompts, true},
        Model{"evaluate-trained", trained_base(), results_.train, false},
        Model{"evaluate-updated", updated(), results_.graft + prompts, true}};
    for (size_t arm = 0; arm < models.size(); ++arm) {
      const Model& model = models[arm];
      request.chat = model.chat;
      request.samples = model.chat ? kSampleAnswers : 0;
      results_.evaluations[arm] = work_->stage(model.stage, model.made_from + computed_in(), [&] {
        return evaluate_model(model.directory, kUpdateArms[arm], request, stop_, progress_);
      });
    }
  }

  // The directory appears by one rename, with everything in it; only then the work directory goes.
  void publish(const UpdateReport& report) {
    if (fs::exists(trained_base())) fs::rename(trained_base(), updated() / "base");
    replace_file(updated() / "report.json", report.json);
    replace_file(updated() / "report.html", report.html);
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
  return Update(std::move(options), std::move(inputs), stop, progress, ranks).run();
}

}  // namespace evergreen
