// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/train/pretrain.hpp"
#include "pipeline/train/state/checkpoint.hpp"
#include "tests/pipeline/train/tiny_run.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace tacit::train {

/// 84 images, batch 16: 5 steps an epoch, 20 in all.
class PretrainFixture : public testing::Test {
  protected:
    PretrainFixture() : data_(folder_.path() + "/shards") { write_tiny_shards(data_, 84); }

    /// Waits until the checkpoint of that step, which is written while training goes on, is on disk.
    void await_checkpoint(const std::string& name, std::int64_t step) const {
        while (!std::filesystem::exists(run_path(name) + "/checkpoints/" + checkpoint_name(step))) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }
    /// As `rm -rf` beside a run: what is written meanwhile is removed too.
    static void remove_folder(const std::string& path) {
        std::error_code error;
        do {
            std::filesystem::remove_all(path, error);
        } while (std::filesystem::exists(path));
    }
    std::string run_path(const std::string& name) const { return folder_.path() + "/" + name; }

    ExitCode run(const std::string& name, const std::vector<std::string>& changes = {},
                 const std::function<void(std::int64_t)>& on_step = {}, const std::string& pretext = "simclr") {
        PretrainOptions options;
        options.run_folder = run_path(name);
        options.resume = resume_;
        options.on_step = on_step;
        config::Document document = tiny_config(data_, pretext, changes);
        return pretrain(document, options, *comm_);
    }

    void expect_same_end(const std::string& a, const std::string& b, const std::string& step = "step-00000020") {
        EXPECT_EQ(metrics_without_timing(run_path(a)), metrics_without_timing(run_path(b)));
        for (const char* file : {"model.safetensors", "optimizer.safetensors"}) {
            const std::string place = "/checkpoints/" + step + "/" + file;
            EXPECT_EQ(read_file(run_path(a) + place), read_file(run_path(b) + place)) << file;
        }
    }

    /// The message of the Error that `work` throws.
    template <class Work> std::string error_of(const Work& work, ExitCode code) {
        try {
            work();
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), code) << error.what();
            return error.what();
        }
        ADD_FAILURE() << "nothing was thrown";
        return "";
    }

    TemporaryFolder folder_;
    std::string data_;
    std::string resume_ = "auto";
    std::unique_ptr<dist::Communicator> comm_ = dist::make_self_communicator();
};
} // namespace tacit::train
