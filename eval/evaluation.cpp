// SPDX-License-Identifier: Apache-2.0
#include "eval/evaluation.hpp"

#include "eval/baselines.hpp"
#include "eval/finetune.hpp"
#include "eval/knn.hpp"
#include "eval/linear_probe.hpp"
#include "eval/picture_files.hpp"
#include "eval/split_labels.hpp"
#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/progress.hpp"
#include "pipeline/train/model_state.hpp"
#include "pipeline/train/train_config.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

namespace tacit::eval {

namespace {

class Stopwatch {
  public:
    double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count(); }

  private:
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

} // namespace

Evaluation::Evaluation(train::LoadedRun& run, const EvalConfig& config, dist::Communicator& comm, std::string command)
    : run_(run), config_(config), comm_(comm), command_(std::move(command)), store_(run, config, comm) {
    if (run.comm->size() != 1) {
        throw std::logic_error("Evaluation: load the run with a self communicator");
    }
}

const std::string& Evaluation::fresh_weights_digest() {
    if (fresh_digest_.empty()) {
        fresh_digest_ = weights_digest(*make_fresh_backbone(run_, config_.linear.seed));
    }
    return fresh_digest_;
}

std::string Evaluation::baseline_key(const std::string& row, const std::string& protocol, const std::string& measure) {
    const FeatureOptions format = store_.images();
    const std::string network = row == kPixels ? "none" : fresh_weights_digest();
    std::string key = sha256_of(fmt::format("{}|{} {}|{}|{}|{}|{}|{}|{}", row, protocol, measure,
                                            content_digest(store_.train()), content_digest(store_.test()), format.size,
                                            fmt::join(format.mean, ","), fmt::join(format.std, ","), network));
    // Ranks on unlike machines may initialise a network with other last bits; rank 0 decides for all.
    comm_.broadcast(key, 0);
    return key;
}

void Evaluation::note(EvalResult& result, const std::vector<std::string>& notes) {
    for (const std::string& text : notes) {
        if (comm_.rank() == 0) {
            log::warning(text);
        }
        result.notes.push_back(text);
    }
}

/// Counts images without a row (data.on_bad_sample: skip) out of those that judge, and says so.
void Evaluation::note_left_out(EvalResult& result) {
    const auto note_split = [&](const std::string& split) {
        const Features& features = store_.features(kPretrained, split);
        if (!features.left_out.empty()) {
            note(result, {fmt::format("split '{}' of {}: {} of {} images cannot be used and are left out, image {} "
                                      "first (data.on_bad_sample: skip)",
                                      split, run_.data.source.path, features.left_out.size(),
                                      store_.split(split).info().size, features.left_out.front())});
        }
    };
    note_split(run_.data.train);
    note_split(run_.data.test);
    result.test_images = store_.features(kPretrained, run_.data.test).labels.ge(0).sum().item<std::int64_t>();
}

/// Steps of the whole training, 0 where they cannot be told: only the data that it runs on tell how many an epoch has.
std::int64_t Evaluation::planned_steps() {
    const train::TrainConfig config = train::read_train(run_.document.root().section("train"));
    if (config.max_steps > 0) {
        return config.max_steps;
    }
    return store_.own_data() ? config.epochs * (store_.train().info().size / config.batch) : 0;
}

EvalResult Evaluation::begun(const std::string& protocol, const std::string& measure,
                             const std::vector<std::string>& more_notes) {
    EvalResult result;
    result.protocol = protocol;
    result.measure = measure;
    result.run = run_.name;
    result.pretext = run_.pretext_name;
    result.checkpoint = run_.checkpoint;
    result.step = run_.manifest.step;
    result.steps = planned_steps();
    result.data = run_.data.source.path;
    result.data_digest = sha256_of(content_digest(store_.train()) + content_digest(store_.test()));
    note(result, label_notes(store_.train(), store_.test()));
    note(result, more_notes);
    const std::vector<std::int32_t>& labels = store_.test().labels();
    result.test_images = std::count_if(labels.begin(), labels.end(), [](std::int32_t label) { return label >= 0; });
    result.command = command_;
    result.directory = std::filesystem::current_path().string();
    if (const std::string unfinished = unfinished_text(result); !unfinished.empty()) {
        log::info(fmt::format("{}: {}", run_.name, unfinished));
    }
    return result;
}

EvalResult Evaluation::finished(EvalResult result, double seconds) {
    result.seconds = seconds;
    if (comm_.rank() == 0) {
        write_result(run_.folder, result, store_.own_data());
    }
    comm_.barrier();
    return result;
}

EvalResult Evaluation::frozen_rows(EvalResult result, const Judge& judge) {
    const Stopwatch watch;
    for (const char* name : {kPretrained, kPixels, kRandom}) {
        const std::string key =
            name == std::string(kPretrained) ? "" : baseline_key(name, result.protocol, result.measure);
        if (!key.empty()) {
            if (const auto known = find_baseline(run_.folder, result.protocol, name, key, comm_)) {
                result.rows.push_back(*known);
                continue;
            }
        }
        const Stopwatch row_watch;
        const Features& on_train = store_.features(name, run_.data.train);
        ResultRow row = judge(name);
        row.name = name;
        row.details["dimensions"] = static_cast<double>(on_train.values.size(1));
        row.details["seconds"] = row_watch.seconds();
        if (!key.empty()) {
            row.details["key"] = key;
        }
        summarise_draws(row);
        result.rows.push_back(std::move(row));
    }
    note_left_out(result);
    return finished(std::move(result), watch.seconds());
}

EvalResult Evaluation::linear() {
    const LinearOptions& linear = config_.linear;
    const std::string val = store_.val();
    const std::string chosen_on =
        val.empty() ? fmt::format("{:g} % of {} held out", 100 * linear.holdout, run_.data.train) : "split " + val;
    std::string measure =
        fmt::format("l2 of {} chosen on {}, at most {} iterations, tolerance {:g}, seed {}", fmt::join(linear.l2, " "),
                    chosen_on, linear.iterations, linear.tolerance, linear.seed);
    if (!val.empty()) {
        measure += " " + content_digest(store_.split(val));
    }
    EvalResult result = begun("linear", measure, store_.val_notes());
    log::info(fmt::format("linear probe: up to 3 encoders, each {} + {} images once and {} fits of at most {} "
                          "iterations; the strength is chosen on {}",
                          store_.train().info().size, store_.test().info().size, linear.l2.size() + 1,
                          linear.iterations, chosen_on));
    return frozen_rows(std::move(result), [&](const std::string& encoder) {
        const Features* on_val = val.empty() ? nullptr : &store_.features(encoder, val);
        ProgressOptions shown;
        shown.label = "probe, " + encoder;
        shown.unit = "iterations";
        shown.total = static_cast<std::int64_t>(linear.l2.size() + 1) * linear.iterations;
        const Features& on_train = store_.features(encoder, run_.data.train);
        const Features& on_test = store_.features(encoder, run_.data.test);
        Progress progress(shown);
        const LinearProbeResult found =
            linear_probe(on_train, on_test, linear, comm_, on_val, [&](std::int64_t fit, std::int64_t iteration) {
                progress.update(fit * linear.iterations + std::min<std::int64_t>(iteration, linear.iterations),
                                {{"fit", fmt::format("{}/{}", fit + 1, linear.l2.size() + 1)}});
            });
        progress.update(shown.total);
        progress.finish();
        ResultRow row;
        row.draws = {found.test_accuracy};
        row.details["l2"] = found.l2;
        row.details["l2 chosen on"] = chosen_on;
        row.details["held-out accuracy"] = found.holdout_accuracy;
        row.details["test loss"] = found.test_loss;
        return row;
    });
}

EvalResult Evaluation::knn() {
    const std::string measure = fmt::format("k {}, temperature {:g}", config_.knn.k, config_.knn.temperature);
    return frozen_rows(begun("knn", measure), [&](const std::string& encoder) {
        ResultRow row;
        const Features& on_train = store_.features(encoder, run_.data.train);
        row.draws = {knn_accuracy(on_train, store_.features(encoder, run_.data.test), config_.knn, comm_)};
        row.details["k"] = static_cast<double>(config_.knn.k);
        row.details["temperature"] = config_.knn.temperature;
        return row;
    });
}

EvalResult Evaluation::finetune() {
    const FinetuneOptions& o = config_.finetune;
    const std::string measure = fmt::format(
        "{}, {} epochs of batches of {}, {}, weight decay {:g}, lr of {} chosen on {:g} % held out, seed {}",
        o.per_class > 0 ? fmt::format("{} labels a class", o.per_class)
                        : fmt::format("{:g} % of the labels", 100 * o.fraction),
        o.epochs, o.batch, o.optimizer, o.weight_decay, fmt::join(o.lrs, " "), 100 * o.holdout, o.seed);
    EvalResult result = begun("finetune", measure, rare_class_notes(store_.train(), o));
    const Stopwatch watch;
    const std::string key =
        baseline_key(kScratch, "finetune", fmt::format("{} {} {}", measure, o.draws, o.selection_draws));
    std::optional<ResultRow> scratch = find_baseline(run_.folder, "finetune", kScratch, key, comm_);
    const train::NamedTensors trained = train::model_state(*run_.backbone);
    std::vector<FinetuneRow> starts = {{kPretrained, [&](std::uint64_t seed) {
                                            auto backbone = make_fresh_backbone(run_, seed);
                                            train::load_model_state(*backbone, trained);
                                            return backbone;
                                        }}};
    if (!scratch) {
        starts.push_back({kScratch, [&](std::uint64_t seed) { return make_fresh_backbone(run_, seed); }});
    }
    result.rows = eval::finetune(starts, store_.train(), store_.test(), store_.images(), o, comm_);
    if (scratch) {
        result.rows.push_back(*scratch);
    }
    result.rows.back().details["key"] = key;
    if (run_.data.on_bad_sample == loader::OnBadSample::skip) {
        note_left_out(result);
    }
    return finished(std::move(result), watch.seconds());
}

std::string Evaluation::embed(const std::string& split_name) {
    store_.features(kPretrained, split_name);
    return store_.path(split_name);
}

bool Evaluation::pictures() {
    if (!store_.own_data()) {
        return false;
    }
    const Features& found = store_.features(kPretrained, run_.data.test);
    if (comm_.rank() == 0) {
        const shards::Dataset& test = store_.test();
        write_map(run_.folder, found, test.info().classes, run_.checkpoint, command_, config_.pictures);
        if (run_.shape.channels == 1 || run_.shape.channels == 3) {
            write_neighbours(run_.folder, found, test, run_.checkpoint, run_.shape.height, config_.pictures);
        }
    }
    comm_.barrier();
    return true;
}

} // namespace tacit::eval
