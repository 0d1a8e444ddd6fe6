// SPDX-License-Identifier: Apache-2.0
#include "eval/features/features.hpp"
#include "eval/solvers/finetune.hpp"
#include "eval/solvers/label_draw.hpp"
#include "eval/solvers/linear_probe.hpp"
#include "eval/solvers/neighbours.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/shards/hdf5/attributes.hpp"
#include "tests/eval/tiny_dataset.hpp"
#include "tests/message_of.hpp"

#include <gtest/gtest.h>

#include <future>

namespace tacit::eval {
namespace {

FeatureOptions tiny_format() {
    return {kTinySide, {0.3}, {0.3}, 16, 1};
}

struct TinyData {
    TinyData() {
        write_tiny_split(folder.path(), "train", 96, 4);
        write_tiny_split(folder.path(), "test", 41, 4);
    }
    TemporaryFolder folder;
    shards::Dataset open(const std::string& split) const { return shards::Dataset::open(folder.path(), split); }
};

TEST(Features, PixelsAreTheNormalisedImagesInSampleOrder) {
    const TinyData data;
    const Features found = pixel_features(data.open("test"), tiny_format(), *dist::make_self_communicator());
    ASSERT_EQ(found.values.sizes(), (std::vector<std::int64_t>{41, kTinySide * kTinySide}));
    const at::Tensor index = torch::arange(41, torch::kFloat32);
    EXPECT_LT((found.values.select(1, 0) - (index / 255 - 0.3) / 0.3).abs().max().item<float>(), 1e-5F);
    EXPECT_TRUE(found.labels.equal(torch::arange(41, torch::kInt64).remainder(4)));
}

TEST(Features, TwoJobsMayWriteTheSameFile) {
    const TinyData data;
    const std::string path = data.folder.path() + "/features/train.h5";
    const auto write_often = [&](float value) {
        for (int i = 0; i < 20; ++i) {
            write_features(path, {torch::full({8, 4}, value), torch::zeros({8}, torch::kInt64)},
                           {"run", "s", "train", "data", "k"}, *dist::make_self_communicator());
        }
    };
    std::future<void> other = std::async(std::launch::async, write_often, 1.0F);
    EXPECT_NO_THROW(write_often(2.0F));
    EXPECT_NO_THROW(other.get());
    EXPECT_TRUE(read_features(path, "k").has_value());
}

TEST(Features, ProbingLeavesTheEncoderUnchanged) {
    const TinyData data;
    const auto self = dist::make_self_communicator();
    const auto backbone = tiny_backbone(1);
    std::vector<at::Tensor> before;
    for (const auto& tensor : backbone->parameters()) {
        before.push_back(tensor.clone());
    }
    for (const auto& tensor : backbone->buffers()) {
        before.push_back(tensor.clone());
    }
    const Features train = backbone_features(*backbone, data.open("train"), tiny_format(), *self);
    linear_probe(train, backbone_features(*backbone, data.open("test"), tiny_format(), *self), {}, *self);
    std::vector<at::Tensor> after = backbone->parameters();
    const std::vector<at::Tensor> buffers = backbone->buffers();
    after.insert(after.end(), buffers.begin(), buffers.end());
    ASSERT_EQ(after.size(), before.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
        EXPECT_TRUE(after[i].equal(before[i]));
    }
    EXPECT_TRUE(backbone->is_training());
    EXPECT_FALSE(train.values.requires_grad());
}

TEST(Features, FileHoldsValuesLabelsIdsAndOrigin) {
    const TemporaryFolder folder;
    const Features features{torch::arange(6, torch::kFloat32).view({3, 2}), torch::tensor({1, 0, -1}, torch::kInt64)};
    const std::string path = folder.path() + "/features/test.h5";
    write_features(path, features, {"my run", "step-00000007", "test", "shards/x", ""},
                   *dist::make_self_communicator());
    const auto file = shards::h5::open_file(path);
    EXPECT_EQ(shards::h5::text_attribute(file.get(), "run", path), std::vector<std::string>{"my run"});
    EXPECT_EQ(shards::h5::text_attribute(file.get(), "checkpoint", path), std::vector<std::string>{"step-00000007"});
    const shards::h5::Handle values(H5Dopen2(file.get(), "features", H5P_DEFAULT));
    EXPECT_EQ(shards::h5::dimensions(values.get()), (std::vector<hsize_t>{3, 2}));
    std::vector<float> read(6);
    ASSERT_GE(H5Dread(values.get(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, read.data()), 0);
    EXPECT_EQ(read, (std::vector<float>{0, 1, 2, 3, 4, 5}));
    const shards::h5::Handle labels(H5Dopen2(file.get(), "labels", H5P_DEFAULT));
    std::vector<std::int32_t> found(3);
    ASSERT_GE(H5Dread(labels.get(), H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, found.data()), 0);
    EXPECT_EQ(found, (std::vector<std::int32_t>{1, 0, -1}));
}

TEST(Features, FileIsReadBackForItsKeyOnly) {
    const TemporaryFolder folder;
    const Features features{torch::arange(6, torch::kFloat32).view({3, 2}), torch::tensor({1, 0, -1}, torch::kInt64)};
    const std::string path = folder.path() + "/test.h5";
    EXPECT_FALSE(read_features(path, "k"));
    write_features(path, features, {"run", "step-00000007", "test", "shards/x", "k"}, *dist::make_self_communicator());
    const auto same = read_features(path, "k");
    ASSERT_TRUE(same);
    EXPECT_TRUE(same->values.equal(features.values));
    EXPECT_TRUE(same->labels.equal(features.labels));
    EXPECT_TRUE(same->ids.equal(torch::arange(3, torch::kInt64)));
    EXPECT_FALSE(read_features(path, "other"));
    std::filesystem::resize_file(path, 100);
    EXPECT_NE(message_of<DataError>([&] { read_features(path, "k"); }).find(path + " is damaged"), std::string::npos);
}

TEST(Features, AFlippedBitOfTheFileIsNoticed) {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/test.h5";
    write_features(path, {torch::full({4, 2}, 1.5F), torch::tensor({1, 0, 1, 0}, torch::kInt64)},
                   {"run", "step-00000007", "test", "shards/x", "k"}, *dist::make_self_communicator());
    std::string bytes = read_file(path);
    const std::string value("\x00\x00\xc0\x3f", 4); // 1.5
    const std::size_t place = bytes.find(value);
    ASSERT_NE(place, std::string::npos);
    bytes[place + 2] = '\xc1';
    write_file_atomically(path, bytes);
    EXPECT_NE(
        message_of<DataError>([&] { read_features(path, "k"); }).find("its features are not what its checksum says"),
        std::string::npos);
}

TEST(Features, AFlippedBitOfAnExtentIsNoticedBeforeMemoryIsAskedFor) {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/test.h5";
    write_features(path, {torch::full({5, 3}, 1.5F), torch::tensor({1, 0, 1, 0, 1}, torch::kInt64)},
                   {"run", "step-00000007", "test", "shards/x", "k"}, *dist::make_self_communicator());
    const std::string sound = read_file(path);
    const std::string extent{"\5\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0", 16};
    const std::size_t place = sound.find(extent);
    ASSERT_NE(place, std::string::npos);
    for (std::size_t byte = 0; byte < extent.size(); ++byte) {
        std::string bytes = sound;
        bytes[place + byte] ^= 0x40;
        write_file_atomically(path, bytes);
        const std::string message = message_of<DataError>([&] { read_features(path, "k"); });
        EXPECT_TRUE(message.starts_with(path + " is damaged (")) << byte << ": " << message;
        EXPECT_EQ(message.find("libtorch"), std::string::npos) << message;
    }
}

TEST(Features, AnUnwritableFolderIsAnErrorThatNamesIt) {
    const std::string message = message_of<Error>([&] {
        write_features("/proc/nowhere/test.h5", {torch::zeros({1, 1}), torch::zeros({1}, torch::kInt64)}, {},
                       *dist::make_self_communicator());
    });
    EXPECT_NE(message.find("/proc/nowhere"), std::string::npos) << message;
}

FinetuneOptions quick_finetune() {
    FinetuneOptions options;
    options.per_class = 6;
    options.draws = 2;
    options.epochs = 25;
    options.batch = 8;
    options.lrs = {100, 3e-2};
    options.holdout = 0.34;
    return options;
}

TEST(Finetune, LearnsAnEasyTaskAndChoosesTheRateThatLearns) {
    const TinyData data;
    const std::vector<FinetuneRow> rows = {{"supervised from scratch", tiny_backbone}};
    const auto results = finetune(rows, data.open("train"), data.open("test"), tiny_format(), quick_finetune(),
                                  *dist::make_self_communicator());
    ASSERT_EQ(results.size(), 1U);
    EXPECT_EQ(results[0].scores[0].draws.size(), 2U);
    EXPECT_GT(results[0].scores[0].value, 0.9);
    EXPECT_EQ(std::get<double>(results[0].details.at("lr")), 3e-2);
    EXPECT_EQ(std::get<double>(results[0].details.at("labels")), 24);
}

TEST(Finetune, IsDeterministic) {
    const TinyData data;
    FinetuneOptions options = quick_finetune();
    options.epochs = 2;
    const std::vector<FinetuneRow> rows = {{"a", tiny_backbone}};
    const auto run = [&] {
        return finetune(rows, data.open("train"), data.open("test"), tiny_format(), options,
                        *dist::make_self_communicator());
    };
    EXPECT_EQ(run()[0].scores[0].draws, run()[0].scores[0].draws);
}

TEST(Finetune, LabelsNeedNotBeginAtZeroNorBeBalanced) {
    const TemporaryFolder folder;
    std::vector<std::int32_t> labels(40, 1);
    labels.resize(55, 2);
    labels.resize(60, 3);
    write_tiny_split(folder.path(), "train", labels);
    write_tiny_split(folder.path(), "test", std::vector<std::int32_t>{1, 2, 3, 1, 2, 3});
    FinetuneOptions options = quick_finetune();
    options.per_class = 0;
    options.epochs = 1;
    for (const auto& [fraction, drawn] : std::vector<std::pair<double, double>>{{0.3, 19}, {0.5, 31}, {1, 60}}) {
        options.fraction = fraction;
        const auto results = finetune({{"a", tiny_backbone}}, shards::Dataset::open(folder.path(), "train"),
                                      shards::Dataset::open(folder.path(), "test"), tiny_format(), options,
                                      *dist::make_self_communicator());
        EXPECT_EQ(std::get<double>(results[0].details.at("labels")), drawn);
    }
    options.fraction = 0.3;
    EXPECT_EQ(draw_notes(shards::Dataset::open(folder.path(), "train"), options), std::vector<std::string>());
    options.fraction = 0.05;
    const auto notes = draw_notes(shards::Dataset::open(folder.path(), "train"), options);
    ASSERT_EQ(notes.size(), 1U);
    EXPECT_NE(notes[0].find("one label is drawn of each: class 3 (5)"), std::string::npos) << notes[0];
}

TEST(Finetune, DrawsOfAllLabelsAreToldToBeTheSame) {
    const TinyData data; // balanced
    const shards::Dataset train = data.open("train");
    FinetuneOptions options;
    const auto notes = [&](double fraction, std::int64_t per_class, int draws) {
        options.fraction = fraction;
        options.per_class = per_class;
        options.draws = draws;
        return draw_notes(train, options);
    };
    const std::int64_t size = class_sizes(train.labels()).front();
    const std::vector<std::string> all = {train.info().path +
                                          ": split 'train': each of 3 draws takes all labels, so that these differ in "
                                          "the random numbers of training alone; --draws 1 trains once"};
    EXPECT_EQ(notes(1, 0, 3), all);
    EXPECT_EQ(notes(0.01, size, 3), all);
    EXPECT_EQ(notes(1, 0, 1), std::vector<std::string>());
    EXPECT_EQ(notes(0.5, 0, 3), std::vector<std::string>());
}

TEST(Finetune, OneLabelAClassLeavesNothingToChooseARateOn) {
    const TinyData data;
    FinetuneOptions options = quick_finetune();
    options.per_class = 1;
    EXPECT_THROW(finetune({{"a", tiny_backbone}}, data.open("train"), data.open("test"), tiny_format(), options,
                          *dist::make_self_communicator()),
                 ConfigError);
}

TEST(NeighbourSheet, IsAPngOfTheExpectedSize) {
    const TinyData data;
    const shards::Dataset test = data.open("test");
    const Features pixels = pixel_features(test, tiny_format(), *dist::make_self_communicator());
    const std::string png = neighbour_sheet(nearest_images(pixels, 3, 5), test, kTinySide);
    ASSERT_GT(png.size(), 24U);
    EXPECT_EQ(png.substr(1, 3), "PNG");
    const int cell = kTinySide + 4;
    EXPECT_EQ(static_cast<unsigned char>(png[19]), cell + 10 + 5 * (cell + 2) - 2); // width
    EXPECT_EQ(static_cast<unsigned char>(png[23]), 3 * (cell + 2) - 2);             // height
}

} // namespace
} // namespace tacit::eval
