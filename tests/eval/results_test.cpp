// SPDX-License-Identifier: Apache-2.0
#include "eval/eval_config.hpp"
#include "eval/protocols/protocol.hpp"
#include "eval/results/baselines.hpp"
#include "eval/results/results.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "tests/eval/tiny_dataset.hpp"
#include "tests/message_of.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace tacit::eval {
namespace {

EvalResult some_result(const std::string& run) {
    const ResultRow pretrained{
        "pretrained", {score_of({0.5, 0.75})}, {{"lr", 0.01}, {"note", std::string("a \"word\"")}}};
    const ResultRow pixels{"raw pixels", {score_of({0.25})}, {{"key", std::string("k1")}}};
    return {"linear", run, "simclr", "step-00000100", "shards/x", {pretrained, pixels}, 1.5};
}

TEST(Results, MeanAndSampleDeviationOfDraws) {
    const Score score = score_of({1.0, 2.0, 3.0, 4.0});
    EXPECT_DOUBLE_EQ(score.value, 2.5);
    EXPECT_NEAR(score.std, 1.2909944487358056, 1e-12);
    EXPECT_EQ(score_of({7.0}).std, 0);
    EXPECT_THROW(score_of({}), std::logic_error);
}

TEST(Results, JsonGivesBackWhatWasWritten) {
    const EvalResult before = some_result("r");
    const EvalResult after = result_from_json(to_json(before), "r.json");
    EXPECT_EQ(to_json(after), to_json(before));
    EXPECT_EQ(after.rows[0].details, before.rows[0].details);
    EXPECT_EQ(after.rows[0].scores[0].draws, before.rows[0].scores[0].draws);
    EXPECT_EQ(after.checkpoint, before.checkpoint);
}

TEST(Results, DamagedJsonIsADataErrorThatNamesTheFile) {
    const std::string syntax = "it is not JSON, or not all of it";
    const std::string content = "a value is missing or of another kind";
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"", syntax}, {"{", syntax}, {"[]", content}, {"{}", content}, {"{\"protocol\": 3}", content}};
    for (const auto& [text, why] : cases) {
        try {
            result_from_json(text, "runs/a/eval/linear.json");
            FAIL() << "no error for " << text;
        } catch (const DataError& error) {
            EXPECT_EQ(error.what(), "runs/a/eval/linear.json is not an evaluation result (" + why +
                                        "); delete it and run the evaluation again");
        }
    }
}

TEST(Results, TableAlignsNamesAndShowsTheSpread) {
    EvalResult result = some_result("r");
    std::string table = as_table(result);
    EXPECT_NE(table.find("  pretrained   62.50 % ± 17.68 (2 draws)  lr 0.01"), std::string::npos) << table;
    EXPECT_NE(table.find("  raw pixels   25.00 %  "), std::string::npos) << table;
    result.test_images = 100;
    result.step = 116;
    result.steps = 600;
    table = as_table(result);
    EXPECT_NE(table.find("  raw pixels   25.00 % [17.5, 34.3]  "), std::string::npos) << table;
    EXPECT_NE(table.find("step-00000100, judged at step 116 of 600)"), std::string::npos) << table;
}

TEST(Results, IntervalsAreWilsonsAndOfDrawsAtLeastStudents) {
    const auto interval = [](const std::vector<double>& draws, std::int64_t images) {
        return interval_of(score_of(draws), accuracy_info(), images);
    };
    // statsmodels: proportion_confint(25, 100, method="wilson")
    EXPECT_NEAR(interval({0.25}, 100)->low, 0.1754521, 1e-6);
    EXPECT_NEAR(interval({0.25}, 100)->high, 0.3430446, 1e-6);
    EXPECT_FALSE(interval({0.25}, 0));
    EXPECT_NEAR(interval({0.24, 0.25, 0.26}, 1'000'000)->high, 0.25 + 4.303 * 0.01 / std::sqrt(3.0), 1e-6);
    EXPECT_NEAR(interval({0.24, 0.25, 0.26}, 100)->high, 0.3430446, 1e-6);
    EXPECT_EQ(interval({0.0, 1.0}, 100)->high, 1.0); // a share
}

TEST(Results, ANumberThatIsNoShareOfImagesHasTheIntervalOfItsDrawsAlone) {
    const ScoreInfo error{"rmse", Unit::plain, false, false};
    EXPECT_FALSE(interval_of(score_of({3.5}), error, 100));
    const auto interval = interval_of(score_of({1.0, 3.0}), error, 100);
    EXPECT_NEAR(interval->low, 2 - 12.706 * std::sqrt(2.0) / std::sqrt(2.0), 1e-3);
    EXPECT_EQ(spread_text(score_of({3.5}), error, 100), "");
    EXPECT_EQ(spread_text(score_of({1.0, 3.0}), error, 100), " ± 1.414 (2 draws)");
}

TEST(Results, IntervalsOfDrawsAreStudentsForEveryNumberOfDraws) {
    // Two-sided 95 % quantiles, of the usual tables.
    for (const auto& [freedom, quantile] : std::vector<std::pair<int, double>>{{1, 12.706},
                                                                               {2, 4.303},
                                                                               {10, 2.228},
                                                                               {11, 2.201},
                                                                               {12, 2.179},
                                                                               {15, 2.131},
                                                                               {19, 2.093},
                                                                               {20, 2.086},
                                                                               {29, 2.045},
                                                                               {30, 2.042},
                                                                               {60, 2.000},
                                                                               {120, 1.980}}) {
        const Score score{0.5, 0.01, std::vector<double>(static_cast<std::size_t>(freedom + 1), 0.5)};
        const double half = interval_of(score, accuracy_info(), 0)->high - 0.5;
        EXPECT_NEAR(half / 0.01 * std::sqrt(freedom + 1.0), quantile, 6e-4) << freedom;
    }
}

/// A result of `images` labelled with `measure`.
EvalResult measured(const std::string& measure, const std::string& data) {
    EvalResult result = some_result("r");
    result.measure = measure;
    result.data_digest = data;
    return result;
}

TEST(Results, OfOtherSettingsOrDataAreKeptBesideEachOther) {
    const TemporaryFolder folder;
    const auto names = [&] {
        std::vector<std::string> identities;
        for (const std::string& file : result_files(folder.path(), "linear")) {
            identities.push_back(identity_of(result_from_json(read_file(file), file)));
        }
        return identities;
    };
    const std::string newest = folder.path() + "/eval/linear.json";
    EXPECT_EQ(write_result(folder.path(), measured("k 20", "own")), newest);
    EXPECT_EQ(write_result(folder.path(), measured("k 5", "own")), newest);
    EXPECT_EQ(names(), (std::vector<std::string>{"linear|own|k 5", "linear|own|k 20"}));
    EXPECT_NE(write_result(folder.path(), measured("k 5", "other"), false), newest);
    EXPECT_EQ(names().size(), 3U);
    EXPECT_EQ(names()[0], "linear|own|k 5");
    write_result(folder.path(), measured("k 20", "own")); // goes back: nothing stands there twice
    EXPECT_EQ(names().size(), 3U);
    EXPECT_EQ(names()[0], "linear|own|k 20");
}

TEST(Results, OfAnEarlierVersionAreRead) {
    const EvalResult old = result_from_json(
        R"({"protocol": "finetune", "run": "r", "pretext": "simclr", "checkpoint": "step-00000600", "data": "shards/x",
            "rows": [{"name": "pretrained", "accuracy": 0.8, "std": 0, "draws": [0.8], "details": {"labels": 600}}],
            "seconds": 2})",
        "old.json");
    EXPECT_EQ(identity_of(old), "finetune|shards/x|600 labels");
    EXPECT_EQ(old.test_images, 0);
    EXPECT_EQ(old.rows[0].scores[0].value, 0.8);
    EXPECT_EQ(old.scores[0].name, "accuracy");
    EXPECT_NE(to_json(old).find("\"version\": 2"), std::string::npos);
}

TEST(Results, OfANewerVersionAreRefusedByName) {
    try {
        result_from_json(R"({"version": 3})", "new.json");
        FAIL() << "no error";
    } catch (const DataError& error) {
        EXPECT_STREQ(error.what(), "new.json is of a newer Tacit (version 3 of the file, this one reads up to 2); read "
                                   "it with that one");
    }
}

TEST(Results, OfSeveralScoresAreWrittenAndShownWhole) {
    EvalResult result = some_result("r");
    result.scores = {{"rmse", Unit::plain, false, false}, accuracy_info()};
    result.rows = {{"pretrained", {score_of({0.3125}), score_of({0.5})}, {}}};
    result.test_images = 100;
    const EvalResult after = result_from_json(to_json(result), "r.json");
    EXPECT_EQ(to_json(after), to_json(result));
    EXPECT_FALSE(after.scores[0].higher_is_better);
    EXPECT_EQ(after.rows[0].scores[1].value, 0.5);
    EXPECT_NE(as_table(after).find("  pretrained  0.3125 rmse   50.00 % [40.4, 59.6]"), std::string::npos)
        << as_table(after);
    result.rows[0].scores.pop_back();
    EXPECT_THROW(to_json(result), std::logic_error);
}

TEST(Baselines, AreTakenFromARunBesideWithTheSameKeyOnly) {
    const TemporaryFolder folder;
    const auto self = dist::make_self_communicator();
    write_result(folder.path() + "/a", some_result("a"));
    const std::string own = folder.path() + "/b";
    const auto found = find_baseline(own, "linear", "raw pixels", "k1", *self);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->scores[0].value, 0.25);
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

TEST(EvalConfig, ReadsTheSectionsOfAllProtocols) {
    auto document = config::Document::from_text(
        "batch: 7\nknn: {k: 5}\nfinetune: {per_class: 3, lrs: [0.1]}\npictures: {queries: 2}\n", "eval.yaml");
    const EvalConfig config = read_eval(document.root());
    document.finish();
    EXPECT_EQ(config.batch, 7);
    EXPECT_EQ(config.pictures.queries, 2);
}

TEST(Protocols, AreMadeOfTheirSections) {
    const auto settings = [](const char* protocol, const std::string& text) {
        auto document = config::Document::from_text(text, "eval.yaml");
        return find_protocol(protocol)->make(document.root())->baseline_settings();
    };
    EXPECT_EQ(settings("finetune", "{draws: 7, selection_draws: 2}"), "7 2");
    EXPECT_EQ(settings("finetune", "{}"), "3 1");
}

TEST(Results, WhatCannotBeReadIsKeptBesideWhatIsWritten) {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/eval/knn.json";
    std::filesystem::create_directories(folder.path() + "/eval");
    for (const char* text : {"{", R"({"version": 3, "protocol": "knn"})"}) {
        write_file_atomically(path, text);
        EvalResult result = some_result("r");
        result.protocol = "knn";
        testing::internal::CaptureStderr();
        EXPECT_EQ(write_result(folder.path(), result), path);
        EXPECT_NE(testing::internal::GetCapturedStderr().find("it is kept as " + path + ".unread"), std::string::npos);
        EXPECT_EQ(read_file(path + ".unread"), text);
        EXPECT_EQ(result_from_json(read_file(path), path).protocol, "knn");
    }
}

TEST(Results, NumbersThatAreNotFiniteAreWrittenAndRead) {
    EvalResult result = some_result("r");
    result.rows[0].scores = {score_of({NAN, INFINITY})};
    result.rows[0].details["test loss"] = INFINITY;
    const EvalResult after = result_from_json(to_json(result), "r.json");
    EXPECT_TRUE(std::isnan(after.rows[0].scores[0].value));
    EXPECT_TRUE(std::isnan(after.rows[0].scores[0].draws[0]));
    EXPECT_EQ(after.rows[0].scores[0].draws[1], INFINITY);
    EXPECT_EQ(to_json(after), to_json(result));
}

TEST(Results, ValuesThatNoEvaluationWritesAreRefused) {
    for (const auto& [text, why] :
         {std::pair{R"("accuracy": 1.7, "std": 0, "draws": [1.7])", "of 1.7 is no share of 1"},
          {R"("accuracy": 0.5, "std": 1.41421356237, "draws": [-0.5, 1.5])", "of -0.5 is no share of 1"},
          {R"("accuracy": 0.9, "std": 0, "draws": [0.7])", "of 0.9 with deviation 0 is not that of its 1 draws"},
          {R"("accuracy": 0.7, "std": 0.1, "draws": [0.7])", "of 0.7 with deviation 0.1 is not that of its 1 draws"},
          {R"("accuracy": 0.9, "std": 0, "draws": [])", "of 0.9 with deviation 0 is not that of its 0 draws"}}) {
        const std::string json = std::string(R"({"protocol": "knn", "run": "r", "pretext": "simclr", "checkpoint": "c",
            "data": "d", "seconds": 2, "rows": [{"name": "pretrained", "details": {}, )") +
                                 text + "}]}";
        EXPECT_EQ(message_of<DataError>([&] { result_from_json(json, "knn.json"); }),
                  std::string("knn.json is not an evaluation result (the accuracy of 'pretrained' ") + why +
                      "); delete it and run the evaluation again");
    }
}

TEST(Results, ValuesThatWouldNotBeReadAreNotWritten) {
    EvalResult result = some_result("r");
    for (const auto& [score, why] : {std::pair{score_of({87.5}), "of 87.5 is no share of 1"},
                                     {Score{0.9, 0, {0.7}}, "of 0.9 with deviation 0 is not that of its 1 draws"}}) {
        result.rows[1].scores = {score};
        EXPECT_EQ(message_of<std::logic_error>([&] { to_json(result); }),
                  std::string("to_json: the accuracy of 'raw pixels' ") + why);
    }
}

TEST(Results, ValuesThatEvaluationsWriteAreRead) {
    EvalResult result = some_result("r");
    result.scores = {{"rmse", Unit::plain, false, false}, accuracy_info()};
    for (const std::vector<double>& draws : std::vector<std::vector<double>>{
             {1e12 / 3, 7e-5, 3e11}, {-4}, {NAN}, {INFINITY, INFINITY}, {-INFINITY}, {0.1, 0.2, 0.3}}) {
        result.rows = {{"pretrained", {score_of(draws), score_of({1, 0, 1.0 / 3})}, {}}};
        EXPECT_EQ(to_json(result_from_json(to_json(result), "r.json")), to_json(result));
    }
}

TEST(EvalConfig, RefusesWhatAProtocolCannotUse) {
    for (const char* text : {"linear: {l2: []}\n", "knn: {k: 0}\n", "finetune: {lrs: []}\n"}) {
        auto document = config::Document::from_text(text, "eval.yaml");
        EXPECT_THROW(read_eval(document.root()), ConfigError) << text;
    }
    auto misspelt = config::Document::from_text("knn: {kk: 5}\n", "eval.yaml");
    read_eval(misspelt.root());
    EXPECT_THROW(misspelt.finish(), ConfigError);
}

} // namespace
} // namespace tacit::eval
