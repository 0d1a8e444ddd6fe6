// SPDX-License-Identifier: Apache-2.0
// What follows from a protocol's entry: its command, help, result file, columns of `tacit runs` and of the report.
#include "eval/features/features.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/cli/command.hpp"
#include "tests/eval/tiny_run.hpp"
#include "tests/message_of.hpp"
#include "tests/pipeline/cli/toy_regression.hpp"

#include <torch/cuda.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace tacit::cli {
namespace {

class ProtocolCommand : public eval::TinyRunTest {
  protected:
    ProtocolCommand() { eval::add_protocol(eval::toy_regression()); }

    /// What the command answers.
    std::string answer(std::vector<std::string> words) {
        words.insert(words.begin(), "tacit");
        testing::internal::CaptureStdout();
        const ExitCode code = dispatch(words, *self_);
        const std::string text = testing::internal::GetCapturedStdout();
        EXPECT_EQ(code, ExitCode::done) << text;
        return text;
    }
};

/// Root mean square error of ridge regression by gradient descent on the normal equations: slow, and another way than
/// the protocol's.
double rmse_by_descent(const eval::Features& train, const eval::Features& test, double ridge) {
    const auto design = [](const eval::Features& features) {
        const at::Tensor x = features.values.to(torch::kFloat64);
        return torch::cat({x, torch::ones({x.size(0), 1}, torch::kFloat64)}, 1);
    };
    const at::Tensor x = design(train);
    const at::Tensor y = train.labels.to(torch::kFloat64);
    at::Tensor w = torch::zeros({x.size(1)}, torch::kFloat64);
    const double rate = 1 / (x.square().sum().item<double>() + ridge);
    for (int i = 0; i < 200'000; ++i) {
        w = w - rate * (x.t().mv(x.mv(w) - y) + ridge * w);
    }
    return std::sqrt((design(test).mv(w) - test.labels.to(torch::kFloat64)).square().mean().item<double>());
}

TEST_F(ProtocolCommand, ComesWithItsHelp) {
    EXPECT_NE(answer({"--help"}).find("regress         the class number from a run's features"), std::string::npos);
    const std::string help = answer({"help", "regress"});
    for (const char* part : {"usage: tacit regress RUN [options]", "--ridge LAMBDA",
                             "strength of the penalty; default: "
                             "the config's",
                             "--checkpoint", "Writes eval/regression.json into the run folder, of other data"}) {
        EXPECT_NE(help.find(part), std::string::npos) << part << "\n" << help;
    }
}

TEST_F(ProtocolCommand, WritesItsScoresWhichRunsAndReportShow) {
    train();
    const auto result = nlohmann::json::parse(answer({"regress", run(), "--ridge", "2.5", "--json"}));
    EXPECT_EQ(result, nlohmann::json::parse(read_file(run() + "/eval/regression.json")));
    EXPECT_EQ(result.at("version"), 2);
    EXPECT_EQ(result.at("measure"), "ridge 2.5");
    ASSERT_EQ(result.at("rows").size(), 3U);
    const auto& pretrained = result.at("rows")[0];
    EXPECT_EQ(pretrained.at("name"), "pretrained");
    const auto features = [&](const std::string& split) {
        for (const eval::KeptFeatures& kept : eval::kept_features(run() + "/features")) {
            if (kept.origin.split == split) {
                return *eval::read_features(kept.path, kept.origin.key);
            }
        }
        throw DataError("no features of " + split);
    };
    const double rmse = pretrained.at("scores").at("rmse").at("value");
    EXPECT_NEAR(rmse, rmse_by_descent(features("train"), features("test"), 2.5), 1e-4 * rmse);

    const std::string runs = answer({"runs", folder_.path()});
    EXPECT_NE(runs.find("Ridge regression, rmse"), std::string::npos) << runs;
    const auto listed = nlohmann::json::parse(answer({"runs", folder_.path(), "--json"}));
    const auto& scores = listed.at(0).at("results").at(0).at("scores");
    EXPECT_EQ(scores.at("rmse").at("value"), rmse);
    EXPECT_EQ(scores.at("rounded right").at("value"), pretrained.at("scores").at("rounded right").at("value"));

    const std::string page = folder_.path() + "/report.html";
    const std::string lines = answer({"report", run(), "--out", page});
    EXPECT_NE(lines.find("Ridge regression, rmse"), std::string::npos) << lines;
    const std::string html = read_file(page);
    EXPECT_NE(html.find("<b>Ridge regression</b>: ridge regression of the class number."), std::string::npos);
    EXPECT_NE(html.find(" rounded right ["), std::string::npos);
}

TEST_F(ProtocolCommand, TakesItsOptionsAsSettingsOfTheConfig) {
    train();
    const auto ridge = [&](std::vector<std::string> more) {
        more.insert(more.begin(), {"regress", run(), "--json"});
        return nlohmann::json::parse(answer(more)).at("measure").get<std::string>();
    };
    EXPECT_EQ(ridge({}), "ridge 1");
    EXPECT_EQ(ridge({"--set", "eval.regression.ridge=3"}), "ridge 3");
    EXPECT_EQ(ridge({"--set", "eval.regression.ridge=3", "--ridge", "4"}), "ridge 4");
    const auto message = [&](const std::vector<std::string>& more) {
        std::vector<std::string> words = {"tacit", "regress", run()};
        words.insert(words.end(), more.begin(), more.end());
        return message_of<ConfigError>([&] { dispatch(words, *self_); });
    };
    EXPECT_TRUE(message({"--ridge", "-1"}).starts_with("--ridge -1: eval.regression.ridge"))
        << message({"--ridge", "-1"});
    EXPECT_TRUE(message({"--ridge", "much"}).starts_with("--ridge much: eval.regression.ridge"));
    EXPECT_NE(message({"--set", "eval.regression.rigde=1"}).find("did you mean 'ridge'"), std::string::npos)
        << message({"--set", "eval.regression.rigde=1"});
    EXPECT_NE(message({"--set", "optim.lr=1"}).find("only the section eval"), std::string::npos);
    EXPECT_TRUE(message({"--device", "tpu"}).starts_with("--device tpu: eval.device")) << message({"--device", "tpu"});
    EXPECT_EQ(ridge({"--set", "eval={regression: {ridge: 5}}"}), "ridge 5");
}

TEST_F(ProtocolCommand, RunsOnTheDeviceThatIsAskedForWhereAnEncoderRuns) {
    if (torch::cuda::is_available()) {
        GTEST_SKIP() << "tests_gpu shows it on a machine with a GPU";
    }
    train();
    const std::vector<std::string> words = {"tacit", "regress", run(), "--device", "cuda"};
    EXPECT_EQ(message_of<ConfigError>([&] { dispatch(words, *self_); }),
              "eval.device (--device) is cuda, but this build or machine has no usable GPU; use cpu, or build with the "
              "preset `cuda`");
    const std::string by_cpu = answer({"regress", run(), "--device", "cpu"});
    EXPECT_NE(by_cpu.find("pretrained"), std::string::npos);
    EXPECT_NE(answer({"regress", run(), "--device", "cuda"}).find("pretrained"),
              std::string::npos); // features are kept
}

TEST_F(ProtocolCommand, JudgesWhatAGpuTrainedWhereThereIsNone) {
    if (torch::cuda::is_available()) {
        GTEST_SKIP() << "for machines without a GPU";
    }
    train();
    const std::string config = read_file(run() + "/config.yaml");
    const auto place = config.find("device: auto");
    ASSERT_NE(place, std::string::npos);
    write_file_atomically(run() + "/config.yaml", config.substr(0, place) + "device: cuda" + config.substr(place + 12));
    const std::vector<std::string> note = {run() + " was trained with train.device: cuda, and there is no usable GPU "
                                                   "here: encoders run on the CPU (--device cpu says so)"};
    const auto warnings = [&](const std::vector<std::string>& words) {
        const log::HeardWarnings heard;
        EXPECT_NE(answer(words).find("pretrained"), std::string::npos);
        return heard.lines();
    };
    EXPECT_EQ(warnings({"regress", run()}), note);
    EXPECT_EQ(warnings({"regress", run()}), std::vector<std::string>()); // no encoder runs: features are kept
    EXPECT_EQ(warnings({"finetune", run(), "--labels", "0.25", "--draws", "1", "--epochs", "1"}), note);
}

} // namespace
} // namespace tacit::cli
