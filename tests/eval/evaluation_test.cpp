// SPDX-License-Identifier: Apache-2.0
#include "eval/evaluation.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "tests/eval/tiny_run.hpp"
#include "tests/message_of.hpp"

#include <gtest/gtest.h>

#include <map>

namespace tacit::eval {
namespace {

class EvaluationTest : public TinyRunTest {
  protected:
    train::LoadedRun loaded() { return train::load_run(run(), "last", *self_); }

    /// `run` judged by the protocol of that name, quickly.
    EvalResult judged(train::LoadedRun& run, const std::string& protocol, const std::string& command = "") {
        auto document =
            config::Document::from_text("knn: {k: 5}\nfinetune: {fraction: 0.25, epochs: 1, draws: 2}\n", "quick.yaml");
        const ProtocolEntry& entry = *find_protocol(protocol);
        const auto made = entry.make(document.root().section(protocol));
        return Evaluation(run, {}, *self_, command).judge(entry, *made);
    }
};

TEST_F(EvaluationTest, ATestImageOfAnUnknownClassIsNeverRightAndSaidByEveryProtocol) {
    std::filesystem::remove_all(data());
    std::filesystem::create_directories(data());
    std::vector<std::int32_t> labels(20, 1);
    labels.resize(40, 2);
    write_tiny_split(data(), "train", labels);
    write_tiny_split(data(), "test", std::vector<std::int32_t>{1, 2, 1, 2, 3, 3, 3, 3});
    train();
    train::LoadedRun run = loaded();
    for (const char* protocol : {"linear", "knn", "finetune"}) {
        const EvalResult result = judged(run, protocol);
        ASSERT_EQ(result.notes.size(), 1U) << result.protocol;
        EXPECT_NE(result.notes[0].find("class 3 (4); these 4 of 8 test images count as never right"), std::string::npos)
            << result.notes[0];
        for (const ResultRow& row : result.rows) {
            EXPECT_LE(row.scores[0].value, 0.5) << result.protocol << " " << row.name;
        }
        EXPECT_EQ(result_from_json(to_json(result), "x").notes, result.notes);
    }
}

TEST_F(EvaluationTest, ImagesThatAreLeftOutAreCountedOutAndSaid) {
    train();
    damage_tiny_image(data(), "test");
    train::LoadedRun run = loaded();
    run.data.on_bad_sample = loader::OnBadSample::skip;
    for (const char* protocol : {"linear", "knn", "finetune"}) {
        const EvalResult result = judged(run, protocol);
        EXPECT_EQ(result.test_images, 40) << result.protocol;
        EXPECT_EQ(result.notes,
                  std::vector<std::string>{"split 'test' of " + data() +
                                           ": 1 of 41 images cannot be used and are left out, image 2 first "
                                           "(data.on_bad_sample: skip)"});
    }
}

TEST_F(EvaluationTest, MoreNeighboursThanImagesAreRefusedBeforeFeaturesAreMade) {
    train();
    train::LoadedRun run = loaded();
    auto document = config::Document::from_text("knn: {k: 1000}\n", "quick.yaml");
    const ProtocolEntry& entry = *find_protocol("knn");
    const auto made = entry.make(document.root().section("knn"));
    EXPECT_NE(message_of<ConfigError>([&] {
                  Evaluation(run, {}, *self_).judge(entry, *made);
              }).find("eval.knn.k (--k): 1000 neighbours asked of "),
              std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(this->run() + "/features"));
}

TEST_F(EvaluationTest, ADamagedFeaturesFileIsMadeAgainWithOneLine) {
    train();
    train::LoadedRun run = loaded();
    const double right = judged(run, "knn").rows[0].scores[0].value;
    const std::string path = this->run() + "/features/train.h5";
    std::string bytes = read_file(path);
    const Features kept = *read_features(path, kept_features(this->run() + "/features")[1].origin.key);
    const float* value = kept.values.const_data_ptr<float>() + kept.values.numel() / 2;
    const std::size_t place = bytes.find(std::string(reinterpret_cast<const char*>(value), 16));
    ASSERT_NE(place, std::string::npos);
    for (int i = 0; i < 16; ++i) {
        bytes[place + static_cast<std::size_t>(i)] ^= 0x41;
    }
    write_file_atomically(path, bytes);
    testing::internal::CaptureStderr();
    EXPECT_EQ(judged(run, "knn").rows[0].scores[0].value, right);
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "warning: " + path +
                  " is damaged (its features are not what its checksum says); the features are computed again\n");
    EXPECT_TRUE(read_features(path, kept_features(this->run() + "/features")[1].origin.key));
}

TEST_F(EvaluationTest, FeaturesAndResultsOfOtherDataStandBesideTheRunsOwn) {
    train();
    const std::string other = folder_.path() + "/other";
    std::filesystem::create_directories(other);
    write_tiny_split(other, "train", 24, 4);
    write_tiny_split(other, "test", 8, 4);
    train::LoadedRun run = loaded();
    Evaluation own(run, {}, *self_);
    EXPECT_EQ(own.embed("test"), this->run() + "/features/test.h5");
    judged(run, "knn");
    EXPECT_TRUE(own.pictures());
    const std::string map = read_file(this->run() + "/eval/map.json");
    run.data.source.path = other;
    Evaluation elsewhere(run, {}, *self_);
    const std::string beside = elsewhere.embed("test");
    EXPECT_TRUE(beside.starts_with(this->run() + "/features/test-")) << beside;
    judged(run, "knn");
    EXPECT_FALSE(elsewhere.pictures());
    EXPECT_EQ(read_file(this->run() + "/eval/map.json"), map);
    std::map<std::string, std::int64_t> kept;
    for (const KeptFeatures& file : kept_features(this->run() + "/features")) {
        kept[file.path] = file.images;
    }
    EXPECT_EQ(kept.size(), 4U);
    EXPECT_EQ(kept[this->run() + "/features/test.h5"], 41);
    EXPECT_EQ(kept[beside], 8);
    const auto results = result_files(this->run(), "knn");
    ASSERT_EQ(results.size(), 2U);
    EXPECT_EQ(result_from_json(read_file(results[0]), results[0]).data, data());
    EXPECT_EQ(result_from_json(read_file(results[1]), results[1]).data, other);
}

TEST_F(EvaluationTest, TheSameDataElsewhereAreTheRunsOwn) {
    train();
    const std::string copy = folder_.path() + "/copy";
    std::filesystem::copy(data(), copy);
    train::LoadedRun run = loaded();
    run.data.source.path = copy;
    EXPECT_EQ(Evaluation(run, {}, *self_).embed("test"), this->run() + "/features/test.h5");
}

TEST_F(EvaluationTest, TheProbesStrengthIsChosenOnAValidationSplitWhereThereIsOne) {
    train();
    train::LoadedRun run = loaded();
    const auto chosen_on = [&] {
        return std::get<std::string>(judged(run, "linear").rows[0].details.at("l2 chosen on"));
    };
    EXPECT_EQ(chosen_on(), "10 % of train held out");
    write_tiny_split(data(), "val", 16, 4);
    EXPECT_EQ(chosen_on(), "split val");
    run.data.val = "none";
    EXPECT_EQ(chosen_on(), "10 % of train held out");
}

TEST_F(EvaluationTest, AValidationSplitThatCannotChooseIsPassedOverUnlessItIsNamed) {
    train();
    for (const std::int32_t label : {-1, 2}) {
        std::filesystem::remove(data() + "/val-00000.h5");
        write_tiny_split(data(), "val", std::vector<std::int32_t>(16, label));
        train::LoadedRun run = loaded();
        const EvalResult result = judged(run, "linear");
        EXPECT_EQ(std::get<std::string>(result.rows[0].details.at("l2 chosen on")), "10 % of train held out");
        ASSERT_EQ(result.notes.size(), 1U) << label;
        EXPECT_NE(result.notes[0].find("split 'val' has no labels of two classes or more"), std::string::npos)
            << result.notes[0];
        run.data.val = "val";
        if (label < 0) {
            EXPECT_THROW(judged(run, "linear"), DataError);
        }
    }
}

TEST_F(EvaluationTest, AResultTellsWhenTrainingWasUnfinishedAndHowItWasMade) {
    train();
    train::LoadedRun run = loaded();
    run.document = config::Document::from_text(
        "data: {path: " + data() + "}\ntrain: {max_steps: 5}\n" + "model: {backbone: mlp, hidden: [16]}\n", "x");
    const EvalResult result = judged(run, "knn", "mpirun -np 2 tacit knn --run r");
    EXPECT_EQ(unfinished_text(result), "judged at step 2 of 5");
    EXPECT_EQ(result.test_images, 41);
    EXPECT_EQ(result_from_json(to_json(result), "x").command, "mpirun -np 2 tacit knn --run r");
}

} // namespace
} // namespace tacit::eval
