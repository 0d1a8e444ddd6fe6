// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/base/digest.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/stage/staging.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace tacit::shards {

/// A data set of three files, and a folder to stage them in.
class StagingFixture : public ::testing::Test {
  protected:
    static constexpr augment::ImageShape kShape{16, 16, 3};
    static constexpr int kImages = 60;
    static constexpr int kFiles = 3;

    StagingFixture() {
        testing::write_raw_split(data_.path(), "train", kShape, kImages, 2,
                                 static_cast<std::int64_t>(kShape.bytes()) * kImages / kFiles);
    }

    Dataset open() const { return Dataset::open(data_.path(), "train"); }
    StagingOptions here() const { return {stage_ / "deep/folder", {}}; }

    /// A data set whose files have been staged, as far as that went.
    Dataset staged(const StagingOptions& options) const {
        Dataset dataset = open();
        dataset.stage(options);
        dataset.staging()->wait();
        return dataset;
    }

    static std::string content(const Dataset& dataset) {
        Sha256 hash;
        SampleBuffer buffer;
        for (std::int64_t i = 0; i < dataset.info().size; ++i) {
            const augment::ImageView image = dataset.read(i, buffer);
            hash.update(image.data, image.shape.bytes());
        }
        return hash.hex();
    }

    /// Files of the staging folder whose name ends thus.
    std::vector<std::string> staged_files(const std::string& ending) const {
        std::vector<std::string> found;
        if (std::filesystem::exists(here().folder)) {
            for (const auto& entry : std::filesystem::directory_iterator(here().folder)) {
                if (entry.path().string().ends_with(ending)) {
                    found.push_back(entry.path().string());
                }
            }
        }
        std::sort(found.begin(), found.end());
        return found;
    }

    bool has_temporary_files() const {
        const std::vector<std::string> all = staged_files("");
        return std::any_of(all.begin(), all.end(),
                           [](const std::string& path) { return path.find(".tmp.") != std::string::npos; });
    }

    /// A disk that holds `size` bytes, as far as files of the staging folder tell.
    StagingOptions disk_of(std::uint64_t size) const {
        StagingOptions options = here();
        options.free_bytes = [this, size](const std::string& /*folder*/) {
            std::uint64_t used = 0;
            for (const std::string& path : staged_files("")) {
                used += std::filesystem::file_size(path);
            }
            return size - std::min(size, used);
        };
        return options;
    }

    std::uint64_t source_size(int file) const {
        return std::filesystem::file_size(data_ / ("train-0000" + std::to_string(file) + ".h5"));
    }

    void damage(const std::string& path) const {
        std::vector<std::uint8_t> bytes = testing::read_bytes(path);
        bytes[bytes.size() / 2] ^= 1U;
        testing::write_bytes(path, bytes);
    }

    void forget_the_boot() const {
        for (const std::string& path : staged_files(".check")) {
            std::string text = read_file(path);
            write_file_atomically(path, text.substr(0, text.rfind(' ')) + " another-boot\n");
        }
    }

    const TemporaryFolder data_;
    const TemporaryFolder stage_;
};

} // namespace tacit::shards
