// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "pipeline/loader/bad_samples.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::train {

/// Collective: writes the images that the ranks left out (`mine` are this rank's) into `path`, as JSON: number in the
/// training split and message of each, once, with those that an earlier start of the run wrote there. Every rank throws
/// DataError if there are more than `most`.
void write_bad_samples(const std::vector<loader::BadSample>& mine, std::int64_t most, const std::string& path,
                       dist::Communicator& comm);

} // namespace tacit::train
