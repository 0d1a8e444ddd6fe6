// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "pipeline/loader/normalization.hpp"

#include <string>

namespace tacit::train {

/// Collective: the normalisation to train with, the same on every rank. What neither config nor shards tell is
/// measured over the training split by rank 0, once a run: `kept`, a file of write_normalization(), is taken if it is
/// there and of the same data and rule; "": there is none. Throws as loader::measure_normalization().
loader::Normalization settle_normalization(const loader::DataConfig& config, const shards::Dataset& dataset,
                                           const std::string& kept, dist::Communicator& comm);

/// Keeps `made`, and what it was made from, as JSON. Throws IoError.
void write_normalization(const std::string& path, const loader::Normalization& made, const loader::DataConfig& config,
                         const shards::DatasetInfo& info);

} // namespace tacit::train
