// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/import/import.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tacit::shards {

// What tests of reading files as they are ask for.

inline DataSpec spec_of(const std::string& path, const std::string& images = "", const std::string& labels = "") {
    DataSpec spec;
    spec.path = path;
    spec.images = images;
    spec.labels = labels;
    return spec;
}

/// What `data pack` makes of the file or folder.
inline ImportSummary packed(const std::string& path, const std::string& out) {
    ImportOptions options;
    options.path = path;
    options.out = out;
    options.kind = "hdf5";
    return import_images(options);
}

/// What opening the training split warns of.
inline std::string warning_of(const DataSpec& spec) {
    ::testing::internal::CaptureStderr();
    Dataset::open(spec, "train");
    return ::testing::internal::GetCapturedStderr();
}

} // namespace tacit::shards
