// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "pipeline/train/pretrain.hpp"
#include "tests/eval/tiny_dataset.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

namespace tacit::eval {

/// 96 tiny images of four classes to train on, 41 to judge by, and a run of two steps on them.
class TinyRunTest : public testing::Test {
  protected:
    TinyRunTest() {
        std::filesystem::create_directories(data());
        write_tiny_split(data(), "train", 96, 4);
        write_tiny_split(data(), "test", 41, 4);
    }
    std::string data() const { return folder_.path() + "/shards"; }
    std::string run() const { return folder_.path() + "/run"; }

    void train() {
        auto document = config::Document::from_text("data: {path: " + data() +
                                                        ", workers: 1}\n"
                                                        "augment: {size: 8}\n"
                                                        "model: {backbone: mlp, hidden: [16]}\n"
                                                        "pretext: {name: rotnet}\n"
                                                        "train: {max_steps: 2, batch: 16, threads: 1}\n",
                                                    "tiny.yaml");
        train::PretrainOptions options;
        options.run_folder = run();
        options.resume = "auto";
        train::pretrain(document, options, *self_);
    }

    TemporaryFolder folder_;
    std::unique_ptr<dist::Communicator> self_ = dist::make_self_communicator();
};

} // namespace tacit::eval
