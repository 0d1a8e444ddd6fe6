// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/state/checkpoint.hpp"

#include "models/weights/safetensors.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "tests/pipeline/train/tiny_run.hpp"

#include <torch/types.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/mount.h>

namespace tacit::train {
namespace {

namespace fs = std::filesystem;

NamedTensors model_at(std::int64_t step) {
    return {{"backbone.weight", torch::arange(24, torch::kFloat32).view({2, 3, 4}) + step},
            {"backbone.num_batches_tracked", torch::tensor(step, torch::kInt64)}};
}

NamedTensors optimizer_at(std::int64_t step) {
    return {{"backbone.weight.momentum_buffer", torch::full({2, 3, 4}, static_cast<double>(step), torch::kFloat32)}};
}

Manifest manifest_at(std::int64_t step) {
    Manifest manifest;
    manifest.step = step;
    manifest.seed = 0xFFFFFFFFFFFFFFFFULL;
    manifest.global_batch = 16;
    manifest.pretext = "simclr";
    manifest.shape = {16, 16, 3};
    manifest.mean = {0.1, 0.2, 1.0 / 3};
    manifest.std = {0.3, 0.3, 0.3};
    manifest.config = {{"optim.lr", "0.1"}, {"optim.schedule", "cosine"}};
    manifest.config_digest = settings_digest(manifest.config);
    manifest.data_fingerprint = "abc";
    manifest.loss = 0.1 + static_cast<double>(step);
    manifest.window = {2, 1, {{"loss", 1.0 / 7}}, {{"loss", 1}}};
    return manifest;
}

std::string save(const std::string& folder, std::int64_t step) {
    stage_checkpoint(folder, manifest_at(step), model_at(step), optimizer_at(step));
    return publish_checkpoint(folder, step);
}

TEST(Checkpoint, RoundTripKeepsEveryByte) {
    const TemporaryFolder folder;
    const std::string path = save(folder.path(), 100);
    EXPECT_EQ(fs::path(path).filename(), "step-00000100");
    const auto stored = models::read_safetensors(path + "/model.safetensors").tensors;
    const std::map<std::string, at::Tensor> by_name(stored.begin(), stored.end());
    ASSERT_EQ(by_name.size(), 2U);
    for (const auto& [name, tensor] : model_at(100)) {
        EXPECT_TRUE(torch::equal(tensor, by_name.at(name))) << name;
    }
    EXPECT_EQ(read_file(folder.path() + "/latest"), "step-00000100\n");
}

TEST(Checkpoint, ManifestRoundTripKeepsEveryField) {
    const TemporaryFolder folder;
    const Manifest read = verify_checkpoint(save(folder.path(), 7));
    Manifest expected = manifest_at(7);
    expected.files = read.files;
    EXPECT_EQ(read.files.size(), 2U);
    EXPECT_EQ(manifest_json(read), manifest_json(expected));
    EXPECT_EQ(read.seed, 0xFFFFFFFFFFFFFFFFULL);
    EXPECT_EQ(read.window.sums.at("loss"), 1.0 / 7);
}

class DamageTest : public testing::TestWithParam<std::string> {
  protected:
    DamageTest() {
        save(folder_.path(), 10);
        damaged_ = save(folder_.path(), 20) + "/" + GetParam();
    }

    void expect_the_older_one() {
        EXPECT_THROW(verify_checkpoint(folder_.path() + "/step-00000020"), Error);
        testing::internal::CaptureStderr();
        const auto newest = newest_valid_checkpoint(folder_.path());
        const std::string warning = testing::internal::GetCapturedStderr();
        ASSERT_TRUE(newest.has_value());
        EXPECT_EQ(newest->manifest.step, 10);
        EXPECT_NE(warning.find(damaged_), std::string::npos) << warning;
    }

    TemporaryFolder folder_;
    std::string damaged_;
};

TEST_P(DamageTest, FlippedBitIsFoundAndTheOlderCheckpointIsTaken) {
    std::string content = read_file(damaged_);
    content[content.size() / 2] = static_cast<char>(content[content.size() / 2] ^ 1);
    write_file_atomically(damaged_, content);
    expect_the_older_one();
}

TEST_P(DamageTest, TruncationIsFoundAndTheOlderCheckpointIsTaken) {
    fs::resize_file(damaged_, fs::file_size(damaged_) - 3);
    expect_the_older_one();
}

TEST_P(DamageTest, AbsenceIsFoundAndTheOlderCheckpointIsTaken) {
    fs::remove(damaged_);
    expect_the_older_one();
}

INSTANTIATE_TEST_SUITE_P(Files, DamageTest,
                         testing::Values("model.safetensors", "optimizer.safetensors", "manifest.json"),
                         [](const auto& parameter) { return parameter.param.substr(0, parameter.param.find('.')); });

TEST(Checkpoint, EveryFlippedByteOfTheManifestIsFoundOrHarmless) {
    const TemporaryFolder folder;
    const std::string path = save(folder.path(), 3) + "/manifest.json";
    const std::string content = read_file(path);
    const std::string meaning = manifest_json(parse_manifest(content, path));
    for (std::size_t at = 0; at < content.size(); ++at) {
        std::string flipped = content;
        flipped[at] = static_cast<char>(flipped[at] ^ 4);
        try {
            EXPECT_EQ(manifest_json(parse_manifest(flipped, path)), meaning) << "byte " << at;
        } catch (const DataError&) {
            continue;
        }
    }
}

TEST(Checkpoint, PruneKeepsTheNewestAndRemovesUnfinishedOnes) {
    const TemporaryFolder folder;
    for (const std::int64_t step : {5, 10, 15, 20}) {
        save(folder.path(), step);
    }
    fs::create_directories(folder.path() + "/step-00000025.tmp");
    prune_checkpoints(folder.path(), 2, 20);
    EXPECT_EQ(list_checkpoints(folder.path()), (std::vector<std::string>{"step-00000020", "step-00000015"}));
    EXPECT_FALSE(fs::exists(folder.path() + "/step-00000025.tmp"));
}

TEST(Checkpoint, PruneSetsAsideLaterOnesWhichWerePassedOver) {
    const TemporaryFolder folder;
    for (const std::int64_t step : {5, 20, 25, 10}) {
        save(folder.path(), step);
    }
    testing::internal::CaptureStderr();
    prune_checkpoints(folder.path(), 1, 10);
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "warning: " + folder.path() +
                  "/step-00000025 was passed over when the run resumed; it is renamed to step-00000025.rejected\n"
                  "warning: " +
                  folder.path() +
                  "/step-00000020 was passed over when the run resumed; it is renamed to step-00000020.rejected\n");
    EXPECT_EQ(list_checkpoints(folder.path()), std::vector<std::string>{"step-00000010"});
    EXPECT_TRUE(fs::exists(folder.path() + "/step-00000025.rejected/manifest.json"));
}

TEST(Checkpoint, UnfinishedFolderIsNeverTaken) {
    const TemporaryFolder folder;
    save(folder.path(), 5);
    fs::rename(folder.path() + "/step-00000005", folder.path() + "/step-00000005.tmp");
    EXPECT_FALSE(newest_valid_checkpoint(folder.path()).has_value());
}

TEST(Checkpoint, ReplacesADamagedOneOfTheSameStep) {
    const TemporaryFolder folder;
    const std::string path = save(folder.path(), 5);
    fs::resize_file(path + "/model.safetensors", 10);
    save(folder.path(), 5);
    EXPECT_EQ(verify_checkpoint(path).step, 5);
}

TEST(Checkpoint, FullDiskLeavesTheOlderOneWholeAndNothingHalfWritten) {
    const TemporaryFolder folder;
    const std::string disk = folder.path() + "/disk";
    fs::create_directories(disk);
    if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m") != 0) {
        GTEST_SKIP() << "needs the right to mount a tmpfs: " << std::strerror(errno);
    }
    save(disk, 1);
    const NamedTensors large = {{"weight", torch::zeros({1 << 19}, torch::kFloat32)}};
    try {
        stage_checkpoint(disk, manifest_at(2), large, {});
        ADD_FAILURE() << "2 MiB were written to a disk of 1 MiB";
    } catch (const IoError& error) {
        EXPECT_NE(std::string(error.what()).find("space"), std::string::npos) << error.what();
    }
    EXPECT_EQ(newest_valid_checkpoint(disk)->manifest.step, 1);
    EXPECT_FALSE(fs::exists(disk + "/step-00000002.tmp"));
    EXPECT_EQ(umount(disk.c_str()), 0);
}

TEST(Settings, FlattenNamesEveryLeaf) {
    const Settings settings = flat_settings("optim: {lr: 0.1, betas: [0.9, 0.99]}\ntrain: {epochs: 3}\n");
    EXPECT_EQ(
        settings,
        (Settings{{"optim.lr", "0.1"}, {"optim.betas[0]", "0.9"}, {"optim.betas[1]", "0.99"}, {"train.epochs", "3"}}));
}

TEST(Settings, WhatIsNotYamlIsNamedWithItsFileAndLine) {
    for (const auto& [yaml, line] : {std::pair("a: 1\nb: [", " in line 2"), std::pair("a: {", " in line 1")}) {
        try {
            flat_settings(yaml, "runs/a/config.yaml");
            ADD_FAILURE() << yaml;
        } catch (const DataError& error) {
            EXPECT_EQ(error.what(),
                      fmt::format("runs/a/config.yaml is not YAML{}; put back what tacit pretrain wrote", line));
        }
    }
}

TEST(Settings, ConflictNamesTheKeyAndBothValues) {
    const auto lines = conflicts({{"optim.lr", "0.1"}, {"train.log_every", "5"}, {"train.cuda_graph", "auto"}},
                                 {{"optim.lr", "0.2"}, {"train.log_every", "7"}, {"train.cuda_graph", "off"}}, {});
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0], "optim.lr is 0.2, the checkpoint has 0.1");
}

TEST(Settings, AKeyThatTheCheckpointIsOlderThanConflictsUnlessItHasItsDefault) {
    const Settings saved = {{"optim.lr", "0.1"}};
    const Settings defaults = {{"optim.lr", "0.05"}, {"optim.clip", "0"}};
    EXPECT_TRUE(conflicts(saved, {{"optim.lr", "0.1"}, {"optim.clip", "0"}}, defaults).empty());
    EXPECT_EQ(conflicts(saved, {{"optim.lr", "0.1"}, {"optim.clip", "1"}}, defaults),
              (std::vector<std::string>{"optim.clip is 1, the checkpoint has 0"}));
    EXPECT_EQ(conflicts(saved, {{"optim.lr", "0.05"}}, defaults).size(), 1U)
        << "a default is no value of the checkpoint";
}

TEST(Settings, DefaultsHaveTheNamesOfSettings) {
    EXPECT_EQ(default_settings("a: 1\nviews:\n  0: {p: 0.5}\n  12: {sizes: [3, 4]}\n"),
              (Settings{{"a", "1"}, {"views[0].p", "0.5"}, {"views[12].sizes[0]", "3"}, {"views[12].sizes[1]", "4"}}));
}

TEST(Settings, LengthMayChangeOnlyWhereNoScheduleDependsOnIt) {
    for (const char* key : {"optim.schedule", "optim.weight_decay.schedule", "pretext.ema.schedule"}) {
        for (const std::string shape : {"constant", "step", "cosine", "linear"}) {
            Settings saved = {{"optim.schedule", "constant"}};
            saved[key] = shape;
            Settings longer = saved;
            saved["train.max_steps"] = "5";
            longer["train.max_steps"] = "6";
            EXPECT_EQ(conflicts(saved, longer, {}).size(), shape == "cosine" || shape == "linear" ? 1U : 0U)
                << key << " " << shape;
        }
    }
    EXPECT_EQ(conflicts({{"train.epochs", "5"}}, {{"train.epochs", "6"}}, {}).size(), 1U);
    EXPECT_TRUE(conflicts({{"train.epochs", "5"}, {"optim.schedule", "constant"}},
                          {{"train.epochs", "6"}, {"optim.schedule", "constant"}}, {})
                    .empty());
}

} // namespace
} // namespace tacit::train
