// SPDX-License-Identifier: Apache-2.0
#include "eval/baselines.hpp"
#include "eval/eval_config.hpp"
#include "eval/results.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "tests/eval/tiny_dataset.hpp"

#include <gtest/gtest.h>

namespace tacit::eval {
namespace {

EvalResult some_result(const std::string& run) {
    ResultRow pretrained{"pretrained", 0, 0, {0.5, 0.75}, {{"lr", 0.01}, {"note", std::string("a \"word\"")}}};
    summarise_draws(pretrained);
    ResultRow pixels{"raw pixels", 0, 0, {0.25}, {{"key", std::string("k1")}}};
    summarise_draws(pixels);
    return {"linear", run, "simclr", "step-00000100", "shards/x", {pretrained, pixels}, 1.5};
}

TEST(Results, MeanAndSampleDeviationOfDraws) {
    ResultRow row{"x", 0, 0, {1.0, 2.0, 3.0, 4.0}, {}};
    summarise_draws(row);
    EXPECT_DOUBLE_EQ(row.accuracy, 2.5);
    EXPECT_NEAR(row.std, 1.2909944487358056, 1e-12);
}

TEST(Results, JsonGivesBackWhatWasWritten) {
    const EvalResult before = some_result("r");
    const EvalResult after = result_from_json(to_json(before), "r.json");
    EXPECT_EQ(to_json(after), to_json(before));
    EXPECT_EQ(after.rows[0].details, before.rows[0].details);
    EXPECT_EQ(after.rows[0].draws, before.rows[0].draws);
    EXPECT_EQ(after.checkpoint, before.checkpoint);
}

TEST(Results, DamagedJsonIsADataErrorThatNamesTheFile) {
    for (const std::string text : {"", "[]", "{\"protocol\": 3}", "{"}) {
        try {
            result_from_json(text, "runs/a/eval/linear.json");
            FAIL() << "no error for " << text;
        } catch (const DataError& error) {
            EXPECT_NE(std::string(error.what()).find("runs/a/eval/linear.json"), std::string::npos);
        }
    }
}

TEST(Results, TableAlignsNamesAndShowsTheSpread) {
    const std::string table = as_table(some_result("r"));
    EXPECT_NE(table.find("  pretrained   62.50 % ± 17.68  lr 0.01"), std::string::npos) << table;
    EXPECT_NE(table.find("  raw pixels   25.00 %  "), std::string::npos) << table;
}

TEST(Baselines, AreTakenFromARunBesideWithTheSameKeyOnly) {
    const TemporaryFolder folder;
    const auto self = dist::make_self_communicator();
    write_result(folder.path() + "/a", some_result("a"));
    const std::string own = folder.path() + "/b";
    const auto found = find_baseline(own, "linear", "raw pixels", "k1", *self);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->accuracy, 0.25);
    EXPECT_EQ(std::get<std::string>(found->details.at("taken from")), "a");
    EXPECT_FALSE(find_baseline(own, "linear", "raw pixels", "k2", *self));
    EXPECT_FALSE(find_baseline(own, "linear", "random encoder", "k1", *self));
    EXPECT_FALSE(find_baseline(own, "knn", "raw pixels", "k1", *self));
}

TEST(Baselines, PassOverANeighboursDamagedFile) {
    const TemporaryFolder folder;
    std::filesystem::create_directories(folder.path() + "/a/eval");
    write_file_atomically(folder.path() + "/a/eval/linear.json", "{");
    EXPECT_FALSE(find_baseline(folder.path() + "/b", "linear", "raw pixels", "k1", *dist::make_self_communicator()));
}

TEST(EvalConfig, ReadsWhatIsGivenAndKeepsDefaults) {
    auto document = config::Document::from_text("knn: {k: 5}\nfinetune: {per_class: 3, lrs: [0.1]}\n", "eval.yaml");
    const EvalConfig config = read_eval(document.root());
    document.finish();
    EXPECT_EQ(config.knn.k, 5);
    EXPECT_EQ(config.knn.temperature, KnnOptions().temperature);
    EXPECT_EQ(config.finetune.per_class, 3);
    EXPECT_EQ(config.finetune.lrs, std::vector<double>{0.1});
    EXPECT_EQ(config.linear.l2, LinearOptions().l2);
}

TEST(EvalConfig, RefusesAnEmptyGrid) {
    auto document = config::Document::from_text("linear: {l2: []}\n", "eval.yaml");
    EXPECT_THROW(read_eval(document.root()), ConfigError);
}

} // namespace
} // namespace tacit::eval
