// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "models/backbones/backbone.hpp"
#include "pipeline/loader/loader_options.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/train/step/pretext_input.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tacit::eval {

/// What one split looks like to a classifier: the rows that this rank holds, in sample order. The rows of the ranks
/// follow each other, nearly equally many (eval/features/feature_rows.hpp).
struct Features {
    at::Tensor values;   ///< [n, D] float32 on the CPU
    at::Tensor labels;   ///< [n] int64, -1 where unlabelled
    at::Tensor ids = {}; ///< [n] int64, place of the image in the order of its files; undefined: the row
    /// Samples that cannot be used and have no row on any rank (OnBadSample::skip), ascending.
    std::vector<std::int64_t> left_out = {};

    /// Number in the data set of the sample that a row is of; `row` counts over all ranks.
    std::int64_t sample(std::int64_t row) const;
};

/// How images are presented: the deterministic evaluation recipe at `size`, then mean and std per channel.
struct FeatureOptions {
    int size = 32; ///< height and width in pixels that the encoder sees
    std::vector<double> mean;
    std::vector<double> std;
    std::int64_t batch = 256;                                      ///< images per forward pass of one rank
    int workers = 1;                                               ///< loader threads of one rank
    loader::OnBadSample on_bad_sample = loader::OnBadSample::fail; ///< skip: such a sample is left out
    std::int64_t max_bad_samples = 100;
    at::Device device = at::kCPU; ///< where encoders run
    std::string progress = {};    ///< label of the progress that is shown; empty: none
};

/// The same for the function that turns batches into tensors.
train::InputFormat input_format(const FeatureOptions& options);

/// Visits `samples`, of which there is one at least, once in their order, on this rank alone.
loader::LoaderOptions judging_order(const FeatureOptions& options, std::vector<std::int64_t> samples);

/// Collective: features of every image of `dataset` from the encoder in eval mode without gradients. It lies on
/// FeatureOptions::device; features come to the CPU batch by batch. Each rank makes and keeps those of its share of the
/// images; none that can be used is left out or counted twice, whatever the counts. The encoder's mode, parameters and
/// buffers are as before afterwards. Throws DataError on every rank where features are not finite.
Features backbone_features(models::Backbone& backbone, const shards::Dataset& dataset, const FeatureOptions& options,
                           dist::Communicator& comm);

/// The samples [begin, end) of `samples` that rank `rank` of `ranks` holds.
std::pair<std::int64_t, std::int64_t> share_of_rank(std::int64_t samples, int rank, int ranks);

/// Collective: the normalised pixels themselves, D = C * size * size.
Features pixel_features(const shards::Dataset& dataset, const FeatureOptions& options, dist::Communicator& comm);

/// Where features came from, kept as attributes of the file.
struct FeatureOrigin {
    std::string run;
    std::string checkpoint;
    std::string split;
    std::string data; ///< path of the data set
    std::string key;  ///< digest of all that decides the values: weights, data, presentation; may be empty
};

/// Collective: rank 0 writes HDF5 `path` atomically: features [N, D] float32, labels [N] int32, ids [N] int64 of all
/// ranks, and the attributes run, checkpoint, split, data, key and crc32c (of the three in this order). Creates the
/// folder. Throws IoError on every rank.
void write_features(const std::string& path, const Features& features, const FeatureOrigin& origin,
                    dist::Communicator& comm);

/// What write_features() wrote with this `key`: the share of rank `rank` of `ranks`; nothing when the file is missing,
/// of another key, or of a Tacit that wrote no checksum. Reads and checks the whole file in pieces. Throws DataError
/// naming the file when it is damaged. Not collective.
std::optional<Features> read_features(const std::string& path, const std::string& key, int rank = 0, int ranks = 1);

/// A features file of a run, as its attributes tell.
struct KeptFeatures {
    std::string path;
    FeatureOrigin origin;
    std::int64_t images = 0;
};

/// The features files in `folder`, by name, without its subfolders; those that cannot be read are passed over.
std::vector<KeptFeatures> kept_features(const std::string& folder);

} // namespace tacit::eval
