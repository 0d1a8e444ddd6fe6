// SPDX-License-Identifier: Apache-2.0
#include "eval/features/feature_store.hpp"

#include "dist/gradient_reducer.hpp"
#include "models/modules.hpp"
#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/shards/labels/class_names.hpp"
#include "pipeline/shards/splits/data_splits.hpp"
#include "pipeline/train/machine/agreement.hpp"
#include "pipeline/train/machine/device.hpp"
#include "pipeline/train/open_dataset.hpp"
#include "pipeline/train/state/model_state.hpp"
#include "pipeline/train/train_config.hpp"

#include <torch/nn/module.h>
#include <torch/types.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace tacit::eval {

namespace {

constexpr int kPixelSize = 32; // raw pixels of larger images are shrunk to this: a classifier of megapixels says little
constexpr std::size_t kNameDigits = 8;

/// Whether labels tell good settings from bad ones: they are of two classes or more.
bool can_choose(const std::vector<std::int32_t>& labels) {
    const auto known = std::find_if(labels.begin(), labels.end(), [](std::int32_t label) { return label >= 0; });
    return std::any_of(known, labels.end(), [&](std::int32_t label) { return label >= 0 && label != *known; });
}

at::Device device_of(train::LoadedRun& run, const EvalConfig& config, const dist::Communicator& comm) {
    if (config.device != kDeviceOfTraining) {
        return train::pick_device(config.device, "eval.device (--device)", comm);
    }
    const std::string trained = train::read_train(run.document.root().section("train")).device;
    const at::Device device = train::pick_device(trained == "cuda" ? "auto" : trained,
                                                 "eval.device (--device), which follows train.device,", comm);
    if (trained == "cuda" && device.is_cpu() && comm.local_rank() == 0) {
        log::warning(fmt::format("{} was trained with train.device: cuda, and there is no usable GPU here: encoders "
                                 "run on the CPU (--device cpu says so)",
                                 run.folder));
    }
    return device;
}

} // namespace

std::string weights_digest(const torch::nn::Module& module) {
    Sha256 digest;
    for (const auto& [name, tensor] : models::model_state(module)) {
        const at::Tensor bytes = tensor.detach().cpu().contiguous();
        const std::string header = fmt::format("{} {}\n", name, fmt::join(bytes.sizes(), "x"));
        digest.update(header.data(), header.size());
        digest.update(bytes.const_data_ptr(), bytes.nbytes());
    }
    return digest.hex();
}

std::string content_digest(const shards::Dataset& dataset) {
    Sha256 digest;
    const std::string& images = dataset.info().fingerprint;
    digest.update(images.data(), images.size());
    digest.update(dataset.labels().data(), dataset.labels().size() * sizeof(dataset.labels()[0]));
    return digest.hex();
}

FeatureStore::FeatureStore(train::LoadedRun& run, const EvalConfig& config, dist::Communicator& comm)
    : run_(run), config_(config), comm_(comm) {}

at::Device FeatureStore::device() {
    if (!device_) {
        device_ = device_of(run_, config_, comm_);
        train::use_device(*device_, /*exact=*/true);
        if (device_->is_cuda()) {
            log::info(fmt::format("encoders run on GPU {}", device_->index()));
        }
    }
    return *device_;
}

const shards::Dataset& FeatureStore::split(const std::string& name) {
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
        shards::check_counts({{run_.data.train, train().labels(), train().info().classes},
                              {name, dataset.labels(), dataset.info().classes}});
        dataset.number_classes_as(shards::continued(train().info().classes, dataset.info().classes));
    }
    return splits_.emplace(name, std::move(dataset)).first->second;
}

/// What `auto` takes: the first of the usual names that the data have and that is not trained or tested on.
std::string FeatureStore::usual_val() const {
    const std::vector<std::string> splits = shards::splits_of(run_.data.source);
    for (const char* name : {"val", "valid", "validation", "dev"}) {
        const bool free = run_.data.train != name && run_.data.test != name;
        if (free && std::find(splits.begin(), splits.end(), name) != splits.end()) {
            return name;
        }
    }
    return "";
}

const std::string& FeatureStore::val() {
    if (!val_) {
        std::string name = run_.data.val == "none" ? "" : run_.data.val;
        if (name == "auto") {
            train::on_root(comm_, [&] { name = usual_val(); });
            comm_.broadcast(name, 0);
            if (!name.empty() && !can_choose(split(name).labels())) {
                val_notes_.push_back(fmt::format(
                    "{}: split '{}' has no labels of two classes or more, so the probe's strength is chosen "
                    "on a share of '{}' (data.val: none says so, data.val names another split)",
                    run_.data.source.path, name, run_.data.train));
                name.clear();
            }
        }
        val_ = name;
    }
    return *val_;
}

bool FeatureStore::own_data() {
    return run_.data.source.path == loader::read_data(run_.document.root().section("data")).source.path ||
           train().info().fingerprint == run_.manifest.data_fingerprint;
}

FeatureOptions FeatureStore::images() const {
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

const Features& FeatureStore::features(const std::string& row, const std::string& split_name) {
    const std::string key = row + "/" + split_name;
    const auto found = features_.find(key);
    if (found != features_.end()) {
        return found->second;
    }
    const shards::Dataset& dataset = split(split_name);
    const train::RunPaths paths(run_.folder);
    Features made;
    if (row == kPixels) {
        FeatureOptions thumbnails = images();
        thumbnails.size = std::min(thumbnails.size, kPixelSize);
        made = pixel_features(dataset, thumbnails, comm_);
    } else if (row == kRandom) {
        made = encoder_features(*make_fresh_backbone(run_, config_.seed), row, paths.random_features(), split_name);
    } else {
        made = encoder_features(*run_.backbone, row, paths.features(), split_name);
    }
    return features_.emplace(key, std::move(made)).first->second;
}

std::vector<std::string> FeatureStore::splits_with_features(const std::string& row) const {
    std::vector<std::string> splits;
    for (const auto& [key, features] : features_) {
        if (key.starts_with(row + "/")) {
            splits.push_back(key.substr(row.size() + 1));
        }
    }
    return splits;
}

void FeatureStore::release(const std::string& row) {
    std::erase_if(features_, [&](const auto& entry) { return entry.first.starts_with(row + "/"); });
}

BackboneFactory FeatureStore::start(const std::string& row) {
    if (row != kPretrained) {
        return [this](std::uint64_t seed) { return make_fresh_backbone(run_, seed); };
    }
    return [this, trained = models::model_state(*run_.backbone)](std::uint64_t seed) {
        auto encoder = make_fresh_encoder(run_, seed);
        train::load_model_state(*encoder, trained);
        return encoder;
    };
}

std::string FeatureStore::path_in(const std::string& folder, const std::string& split_name) {
    const std::string other = own_data() ? "" : "-" + content_digest(split(split_name)).substr(0, kNameDigits);
    return fmt::format("{}/{}{}.h5", folder, split_name, other);
}

/// What all ranks can read of the file, each its share; nothing where one of them cannot: then all compute.
std::optional<Features> FeatureStore::kept(const std::string& path, const std::string& key) {
    std::optional<Features> found;
    try {
        found = read_features(path, key, comm_.rank(), comm_.size());
    } catch (const DataError& error) {
        if (comm_.local_rank() == 0) {
            log::warning(fmt::format("{}; the features are computed again", error.what()));
        }
    }
    at::Tensor missing = torch::full({1}, found ? 0 : 1, torch::kInt64);
    comm_.all_reduce_max(missing); // ranks on hosts without this file system compute with the others
    return missing.item<std::int64_t>() == 0 ? found : std::nullopt;
}

/// Features from the file in `folder` if they are still those of this encoder, else computed and kept there.
Features FeatureStore::encoder_features(models::Backbone& backbone, const std::string& row, const std::string& folder,
                                        const std::string& split_name) {
    FeatureOptions format = images();
    const shards::Dataset& dataset = split(split_name);
    if (comm_.size() > 1) { // unlike machines may initialise a network with other last bits
        dist::broadcast_from_root(models::model_state(backbone), comm_);
    }
    const std::string key =
        sha256_of(fmt::format("{}|{}|{}|{}|{}", weights_digest(backbone), content_digest(dataset), format.size,
                              fmt::join(format.mean, ","), fmt::join(format.std, ",")));
    const std::string path = path_in(folder, split_name);
    if (std::optional<Features> found = kept(path, key)) {
        return *std::move(found);
    }
    models::prefer_channels_last(backbone);
    format.progress = fmt::format("features of {}, {}", split_name, row);
    format.device = device();
    backbone.to(format.device);
    Features made = backbone_features(backbone, dataset, format, comm_);
    backbone.to(at::kCPU); // where digests are made, ranks agree, and others start from its weights
    // What was left out may be mended: rows without it are no cache.
    const std::string kept_key = made.left_out.empty() ? key : "";
    write_features(path, made, {run_.name, run_.checkpoint, split_name, run_.data.source.path, kept_key}, comm_);
    return made;
}

} // namespace tacit::eval
