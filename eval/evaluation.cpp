// SPDX-License-Identifier: Apache-2.0
#include "eval/evaluation.hpp"

#include "eval/baselines.hpp"
#include "eval/finetune.hpp"
#include "eval/knn.hpp"
#include "eval/linear_probe.hpp"
#include "eval/picture_files.hpp"
#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/shards/class_names.hpp"
#include "pipeline/train/model_state.hpp"
#include "pipeline/train/open_dataset.hpp"

#include <torch/nn/module.h>
#include <torch/types.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

namespace tacit::eval {

namespace {

constexpr const char* kPretrained = "pretrained";
constexpr const char* kPixels = "raw pixels";
constexpr const char* kRandom = "random encoder";
constexpr const char* kScratch = "supervised from scratch";
constexpr int kPixelSize = 32; // raw pixels of larger images are shrunk to this: a classifier of megapixels says little

class Stopwatch {
  public:
    double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count(); }

  private:
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

std::string weights_digest(const torch::nn::Module& module) {
    Sha256 digest;
    for (const auto& [name, tensor] : train::model_state(module)) {
        const at::Tensor bytes = tensor.detach().cpu().contiguous();
        const std::string header = fmt::format("{} {}\n", name, fmt::join(bytes.sizes(), "x"));
        digest.update(header.data(), header.size());
        digest.update(bytes.const_data_ptr(), bytes.nbytes());
    }
    return digest.hex();
}

/// Tells images and labels apart, and with them the numbers that classes were given.
std::string content_digest(const shards::Dataset& dataset) {
    Sha256 digest;
    const std::string& images = dataset.info().fingerprint;
    digest.update(images.data(), images.size());
    digest.update(dataset.labels().data(), dataset.labels().size() * sizeof(dataset.labels()[0]));
    return digest.hex();
}

} // namespace

Evaluation::Evaluation(train::LoadedRun& run, const EvalConfig& config, dist::Communicator& comm)
    : run_(run), config_(config), comm_(comm) {
    if (run.comm->size() != 1) {
        throw std::logic_error("Evaluation: load the run with a self communicator");
    }
}

const shards::Dataset& Evaluation::split(const std::string& name) {
    const auto found = splits_.find(name);
    if (found != splits_.end()) {
        return found->second;
    }
    shards::Dataset dataset = train::open_dataset(run_.data.source, name, comm_);
    if (name != run_.data.train) {
        dataset.read_as(train().info());
    }
    if (dataset.info().channels != run_.shape.channels) {
        throw DataError(fmt::format("{}: split {} has {} channels, the run {} was trained on {}", run_.data.source.path,
                                    name, dataset.info().channels, run_.name, run_.shape.channels));
    }
    if (name != run_.data.train) {
        const std::vector<std::string>& known = train().info().classes;
        dataset.number_classes_as(name == run_.data.test ? known : shards::continued(known, dataset.info().classes));
    }
    return splits_.emplace(name, std::move(dataset)).first->second;
}

FeatureOptions Evaluation::images() const {
    FeatureOptions options;
    options.size = run_.shape.height;
    options.mean = run_.mean;
    options.std = run_.std;
    options.batch = config_.batch;
    options.workers = std::max(1, run_.data.workers);
    options.on_bad_sample = run_.data.on_bad_sample;
    options.max_bad_samples = run_.data.max_bad_samples;
    return options;
}

FeatureOptions Evaluation::thumbnails() {
    FeatureOptions options = images();
    options.size = std::min(options.size, kPixelSize);
    return options;
}

const Features& Evaluation::features(const std::string& row, const std::string& split_name) {
    const std::string key = row + "/" + split_name;
    const auto found = features_.find(key);
    if (found != features_.end()) {
        return found->second;
    }
    const shards::Dataset& dataset = split(split_name);
    Features made;
    if (row == kPixels) {
        made = pixel_features(dataset, thumbnails(), comm_);
    } else if (row == kRandom) {
        made = encoder_features(*make_fresh_backbone(run_, config_.linear.seed), "features/random-encoder", split_name);
    } else {
        made = encoder_features(*run_.backbone, "features", split_name);
    }
    return features_.emplace(key, std::move(made)).first->second;
}

/// Features from the file in `folder` of the run if they are still those of this encoder, else computed and kept there.
Features Evaluation::encoder_features(models::Backbone& backbone, const std::string& folder,
                                      const std::string& split_name) {
    const FeatureOptions format = images();
    const shards::Dataset& dataset = split(split_name);
    std::string key = sha256_of(fmt::format("{}|{}|{}|{}|{}", weights_digest(backbone), content_digest(dataset),
                                            format.size, fmt::join(format.mean, ","), fmt::join(format.std, ",")));
    comm_.broadcast(key, 0);
    const std::string path = fmt::format("{}/{}/{}.h5", run_.folder, folder, split_name);
    std::optional<Features> kept = read_features(path, key);
    at::Tensor missing = torch::full({1}, kept ? 0 : 1, torch::kInt64);
    comm_.all_reduce_max(missing); // ranks on hosts without this file system compute with the others
    if (missing.item<std::int64_t>() == 0) {
        return *kept;
    }
    prefer_channels_last(backbone);
    Features made = backbone_features(backbone, dataset, format, comm_);
    if (comm_.rank() == 0) {
        // What was left out may be mended: rows without it are no cache.
        write_features(path, made, {run_.name, run_.checkpoint, split_name, made.left_out.empty() ? key : ""});
    }
    comm_.barrier();
    return made;
}

const std::string& Evaluation::fresh_weights_digest() {
    if (fresh_digest_.empty()) {
        fresh_digest_ = weights_digest(*make_fresh_backbone(run_, config_.linear.seed));
    }
    return fresh_digest_;
}

std::string Evaluation::baseline_key(const std::string& row, const std::string& options) {
    const FeatureOptions format = images();
    const std::string network = row == kPixels ? "none" : fresh_weights_digest();
    std::string key =
        sha256_of(fmt::format("{}|{}|{}|{}|{}|{}|{}|{}", row, options, content_digest(train()), content_digest(test()),
                              format.size, fmt::join(format.mean, ","), fmt::join(format.std, ","), network));
    // Ranks on unlike machines may initialise a network with other last bits; rank 0 decides for all.
    comm_.broadcast(key, 0);
    return key;
}

EvalResult Evaluation::finished(const std::string& protocol, std::vector<ResultRow> rows, double seconds) {
    EvalResult result;
    result.protocol = protocol;
    result.run = run_.name;
    result.pretext = run_.pretext_name;
    result.checkpoint = run_.checkpoint;
    result.data = run_.data.source.path;
    result.rows = std::move(rows);
    result.seconds = seconds;
    if (comm_.rank() == 0) {
        write_result(run_.folder, result);
    }
    comm_.barrier();
    return result;
}

EvalResult Evaluation::frozen_rows(const std::string& protocol, const std::string& options, const Judge& judge) {
    const Stopwatch watch;
    std::vector<ResultRow> rows;
    for (const char* name : {kPretrained, kPixels, kRandom}) {
        const std::string key = name == std::string(kPretrained) ? "" : baseline_key(name, options);
        if (!key.empty()) {
            if (const auto known = find_baseline(run_.folder, protocol, name, key, comm_)) {
                rows.push_back(*known);
                continue;
            }
        }
        const Stopwatch row_watch;
        const Features& on_train = features(name, run_.data.train);
        ResultRow row = judge(on_train, features(name, run_.data.test));
        row.name = name;
        row.details["dimensions"] = static_cast<double>(on_train.values.size(1));
        row.details["seconds"] = row_watch.seconds();
        if (!key.empty()) {
            row.details["key"] = key;
        }
        summarise_draws(row);
        rows.push_back(std::move(row));
    }
    return finished(protocol, std::move(rows), watch.seconds());
}

EvalResult Evaluation::linear() {
    const LinearOptions& linear = config_.linear;
    const std::string options = fmt::format("linear {} {} {} {} {}", fmt::join(linear.l2, ","), linear.holdout,
                                            linear.iterations, linear.tolerance, linear.seed);
    return frozen_rows("linear", options, [&](const Features& on_train, const Features& on_test) {
        const LinearProbeResult found = linear_probe(on_train, on_test, linear, comm_);
        ResultRow row;
        row.draws = {found.test_accuracy};
        row.details["l2"] = found.l2;
        row.details["held-out accuracy"] = found.holdout_accuracy;
        row.details["test loss"] = found.test_loss;
        return row;
    });
}

EvalResult Evaluation::knn() {
    const std::string options =
        fmt::format("knn {} {} {}", config_.knn.k, config_.knn.temperature, config_.linear.seed);
    return frozen_rows("knn", options, [&](const Features& on_train, const Features& on_test) {
        ResultRow row;
        row.draws = {knn_accuracy(on_train, on_test, config_.knn, comm_)};
        row.details["k"] = static_cast<double>(config_.knn.k);
        row.details["temperature"] = config_.knn.temperature;
        return row;
    });
}

EvalResult Evaluation::finetune() {
    const Stopwatch watch;
    const FinetuneOptions& o = config_.finetune;
    const std::string options =
        fmt::format("finetune {} {} {} {} {} {} {} {} {} {} {}", o.fraction, o.per_class, o.draws, o.epochs, o.batch,
                    o.optimizer, o.weight_decay, fmt::join(o.lrs, ","), o.holdout, o.selection_draws, o.seed);
    const std::string key = baseline_key(kScratch, options);
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
    std::vector<ResultRow> rows = eval::finetune(starts, train(), test(), images(), o, comm_);
    if (scratch) {
        rows.push_back(*scratch);
    }
    rows.back().details["key"] = key;
    return finished("finetune", std::move(rows), watch.seconds());
}

std::string Evaluation::embed(const std::string& split_name) {
    features(kPretrained, split_name);
    return run_.folder + "/features/" + split_name + ".h5";
}

void Evaluation::pictures() {
    const Features& found = features(kPretrained, run_.data.test);
    if (comm_.rank() == 0) {
        write_map(run_.folder, found, test().info().classes, run_.checkpoint, config_.pictures);
        if (run_.shape.channels == 1 || run_.shape.channels == 3) {
            write_neighbours(run_.folder, found, test(), run_.checkpoint, run_.shape.height, config_.pictures);
        }
    }
    comm_.barrier();
}

} // namespace tacit::eval
