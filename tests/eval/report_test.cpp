// SPDX-License-Identifier: Apache-2.0
#include "eval/report/html.hpp"
#include "eval/report/report.hpp"
#include "eval/report/result_table.hpp"
#include "eval/report/svg_chart.hpp"
#include "eval/results/results.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/png.hpp"
#include "tests/eval/tiny_dataset.hpp"

#include <gtest/gtest.h>

namespace tacit::eval {
namespace {

ResultRow row_of(const std::string& name, std::vector<double> draws) {
    return {name, {score_of(std::move(draws))}, {}};
}

/// A run folder as training and evaluation leave it, small.
void write_run(const std::string& folder, const std::string& pretext, double accuracy) {
    for (const char* part : {"pictures", "eval"}) {
        std::filesystem::create_directories(folder + "/" + part);
    }
    write_file_atomically(folder + "/config.yaml", "pretext:\n  name: " + pretext + "\n# <b>&\n");
    write_file_atomically(folder + "/environment.json",
                          R"({"host": "h", "cores": 2, "command": ["tacit", "pretrain"]})");
    std::string metrics;
    for (int step = 1; step <= 20; ++step) {
        metrics += "{\"step\": " + std::to_string(step * 10) + ", \"loss\": " + std::to_string(4.0 / step) + "}\n";
    }
    write_file_atomically(folder + "/metrics.jsonl", metrics + "{\"step\": 21");
    const std::vector<std::uint8_t> grey(16 * 8, 128);
    write_file_atomically(folder + "/pictures/views.png", encode_png(grey.data(), 8, 16, 1));
    write_file_atomically(folder + "/pictures/neighbours.png", encode_png(grey.data(), 8, 16, 1));
    write_file_atomically(
        folder + "/pictures/pictures.json",
        R"([{"title": "views", "file": "views.png", "columns": ["view 1"], "captions": [], "rows": 1}])");
    write_file_atomically(
        folder + "/eval/map.json",
        R"({"method": "t-SNE", "classes": ["shoe", "hat"], "points": [[0.5, 0.25, 1, 7], [0, 1, 0, 8]]})");
    EvalResult probe{"linear",   pretext,
                     pretext,    "step-00000200",
                     "shards/x", {row_of("pretrained", {accuracy}), row_of("raw pixels", {0.8})},
                     1};
    probe.test_images = 100'000;
    write_result(folder, probe);
    write_result(folder,
                 {"finetune",
                  pretext,
                  pretext,
                  "step-00000200",
                  "shards/x",
                  {row_of("pretrained", {accuracy, accuracy - 0.01}), row_of("supervised from scratch", {0.7, 0.72})},
                  1});
}

TEST(Html, EscapesEverythingThatCouldEndAnAttributeOrATag) {
    EXPECT_EQ(report::escaped("<a href=\"x\">'&'</a>\x01"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt; ");
}

TEST(Html, Base64FollowsTheRfcsTestVectors) {
    EXPECT_EQ(report::base64(""), "");
    EXPECT_EQ(report::base64("f"), "Zg==");
    EXPECT_EQ(report::base64("fo"), "Zm8=");
    EXPECT_EQ(report::base64("foo"), "Zm9v");
    EXPECT_EQ(report::base64("foobar"), "Zm9vYmFy");
    EXPECT_EQ(report::base64("\xff\xfe"), "//4=");
}

TEST(SvgChart, TicksAreRoundNumbersInsideTheRange) {
    EXPECT_EQ(report::nice_ticks(0, 10, 5), (std::vector<double>{0, 2, 4, 6, 8, 10}));
    EXPECT_EQ(report::nice_ticks(-1, 1, 4), (std::vector<double>{-1, -0.5, 0, 0.5, 1}));
    EXPECT_TRUE(report::nice_ticks(3, 3, 5).empty());
}

TEST(SvgChart, LeavesOutWhatIsNotFinite) {
    const std::string svg = report::line_chart("t", "x", {{"a", {{0, 1}, {1, NAN}, {2, INFINITY}, {3, 2}}, 0}});
    EXPECT_EQ(svg.find("nan"), std::string::npos);
    EXPECT_EQ(svg.find("inf"), std::string::npos);
}

TEST(Report, IsOneFileThatLoadsNothing) {
    const TemporaryFolder folder;
    write_run(folder.path() + "/simclr", "simclr", 0.86);
    write_run(folder.path() + "/rotnet", "rotnet", 0.85);
    const std::string out = folder.path() + "/report.html";
    write_report({folder.path() + "/simclr", folder.path() + "/rotnet"}, out);
    const std::string html = read_file(out);
    for (const char* outside : {"http:", "https:", "<script", "<link", "@import", "url("}) {
        EXPECT_EQ(html.find(outside), std::string::npos) << outside;
    }
    EXPECT_NE(html.find("data:image/png;base64,"), std::string::npos);
}

TEST(Report, ChartsOfMetricsSayWhatIsHealthy) {
    const TemporaryFolder folder;
    write_run(folder.path() + "/simclr", "simclr", 0.9);
    write_file_atomically(folder.path() + "/simclr/metrics.jsonl",
                          "{\"step\": 1, \"loss\": 5, \"accuracy\": 0.1, \"spread\": 0.8}\n"
                          "{\"step\": 2, \"loss\": 4, \"accuracy\": 0.2, \"spread\": 0.9}\n");
    write_report({folder.path() + "/simclr"}, folder.path() + "/report.html");
    const std::string page = read_file(folder.path() + "/report.html");
    for (const char* part :
         {"<h3>Pretext: accuracy</h3>", "<h3>Pretext: spread</h3>",
          "simclr: standard deviation of the unit projections over the batch",
          "Healthy: about 1: they cover the sphere; towards 0 all images get one projection (collapse)."}) {
        EXPECT_NE(page.find(part), std::string::npos) << part;
    }
    EXPECT_EQ(page.find("Pretext: active"), std::string::npos); // of triplet
}

TEST(Report, ARunThatIsNamedTwiceIsCountedOnceWithAWord) {
    const TemporaryFolder folder;
    const std::string run = folder.path() + "/simclr";
    const std::string other = folder.path() + "/rotnet";
    write_run(run, "simclr", 0.9);
    write_run(other, "rotnet", 0.85);
    std::filesystem::create_directory_symlink(run, folder.path() + "/link");
    testing::internal::CaptureStderr();
    const std::vector<std::string> distinct =
        distinct_runs({run, other, run + "/", folder.path() + "/./rotnet/../simclr", folder.path() + "/link"});
    const std::string said = testing::internal::GetCapturedStderr();
    EXPECT_EQ(distinct, (std::vector<std::string>{run, other}));
    for (const char* spelling : {"/simclr/", "/./rotnet/../simclr", "/link"}) {
        EXPECT_NE(said.find(folder.path() + spelling + " is the same run as " + run), std::string::npos) << said;
    }
}

TEST(Report, ShowsEveryRunAndEachBaselineOnce) {
    const TemporaryFolder folder;
    write_run(folder.path() + "/simclr", "simclr", 0.8612);
    write_run(folder.path() + "/rotnet", "rotnet", 0.8534);
    const std::string table = report::result_table(
        {report::read_run(folder.path() + "/simclr"), report::read_run(folder.path() + "/rotnet")});
    EXPECT_NE(table.find("<b>86.12</b>"), std::string::npos) << table;
    EXPECT_NE(table.find(">85.34<"), std::string::npos) << table;
    const std::size_t pixels = table.find("raw pixels");
    ASSERT_NE(pixels, std::string::npos);
    EXPECT_EQ(table.find("raw pixels", pixels + 1), std::string::npos);
    EXPECT_NE(table.find("± 1.41 (2 draws)"), std::string::npos) << table;
    const std::string lines = report::result_lines(
        {report::read_run(folder.path() + "/simclr"), report::read_run(folder.path() + "/rotnet")});
    for (const char* part : {"simclr ", "86.12", "rotnet ", "85.34", "raw pixels ", "± 1.41"}) {
        EXPECT_NE(lines.find(part), std::string::npos) << part << "\n" << lines;
    }
}

/// `result` of two runs in a run folder each.
std::vector<report::RunRecord> two_runs(const TemporaryFolder& folder, const EvalResult& one, const EvalResult& two) {
    std::vector<report::RunRecord> runs;
    for (const EvalResult* result : {&one, &two}) {
        const std::string path = folder.path() + "/" + result->run;
        std::filesystem::create_directories(path);
        write_file_atomically(path + "/config.yaml", "pretext: {name: " + result->pretext + "}\n");
        write_result(path, *result);
        runs.push_back(report::read_run(path));
    }
    return runs;
}

EvalResult probe_of(const std::string& run, double accuracy) {
    EvalResult result{"linear", run, run, "step-00000600", "shards/x", {row_of("pretrained", {accuracy})}, 1};
    result.measure = "m";
    result.data_digest = "d";
    result.test_images = 10000;
    return result;
}

TEST(Report, BaselinesOfRunsThatShareNoResultAreNotOne) {
    const auto random_rows = [](const std::string& text) {
        std::size_t rows = 0;
        for (std::size_t at = text.find("random encoder"); at != std::string::npos;
             at = text.find("random encoder", at + 1)) {
            ++rows;
        }
        return rows;
    };
    EvalResult one = probe_of("simclr", 0.875);
    EvalResult two = probe_of("rotnet", 0.85);
    one.rows.push_back(row_of("random encoder", {0.5}));
    two.rows.push_back(row_of("random encoder", {0.5}));
    const TemporaryFolder same;
    EXPECT_EQ(random_rows(report::result_table(two_runs(same, one, two))), 1U);
    two.protocol = "knn"; // of another encoder, for all that is known
    const TemporaryFolder apart;
    EXPECT_EQ(random_rows(report::result_table(two_runs(apart, one, two))), 2U);
}

TEST(Report, BoldsTheBestOnlyWhereItsIntervalStandsAlone) {
    const TemporaryFolder near;
    const auto tied = two_runs(near, probe_of("simclr", 0.875), probe_of("rotnet", 0.872));
    EXPECT_EQ(report::result_table(tied).find("<b>"), std::string::npos);
    EXPECT_NE(report::result_lines(tied).find("87.50 [86.8, 88.1]"), std::string::npos) << report::result_lines(tied);
    EXPECT_NE(report::result_lines(tied).find("Linear probe: no best row is marked, since the 95 % interval"),
              std::string::npos);
    EXPECT_NE(report::verdict(tied).find("simclr reaches 87.50 % (rotnet is as good within the intervals)"),
              std::string::npos)
        << report::verdict(tied);
    const TemporaryFolder far;
    const auto apart = two_runs(far, probe_of("simclr", 0.875), probe_of("rotnet", 0.85));
    EXPECT_NE(report::result_table(apart).find("<b>87.50</b>"), std::string::npos);
    EXPECT_EQ(report::result_lines(apart).find("no best row"), std::string::npos);
}

TEST(Report, TheBestOfAScoreThatIsBetterLowerIsTheLowest) {
    const auto error_of = [](const std::string& run, std::vector<double> draws) {
        EvalResult result = probe_of(run, 0.5);
        result.protocol = "angles"; // of a protocol that this Tacit does not have
        result.scores = {{"rmse", Unit::plain, false, false}};
        result.rows = {row_of("pretrained", std::move(draws))};
        return result;
    };
    const TemporaryFolder apart;
    const auto told = two_runs(apart, error_of("simclr", {0.5, 0.51, 0.5}), error_of("rotnet", {0.25, 0.25, 0.26}));
    EXPECT_NE(report::result_table(told).find("<b>0.2533</b>"), std::string::npos) << report::result_table(told);
    EXPECT_NE(report::result_lines(told).find("angles, rmse"), std::string::npos) << report::result_lines(told);
    EXPECT_NE(report::verdict(told).find("angles, rmse: rotnet reaches 0.2533."), std::string::npos)
        << report::verdict(told);
    const TemporaryFolder once; // without an interval nobody is best
    const auto unknown = two_runs(once, error_of("simclr", {0.5}), error_of("rotnet", {0.25}));
    EXPECT_EQ(report::result_table(unknown).find("<b>"), std::string::npos);
    EXPECT_EQ(report::verdict(unknown), "angles, rmse: rotnet reaches 0.25.");
}

TEST(Report, OtherDataAndOtherSettingsNeverShareAColumn) {
    EvalResult other_data = probe_of("rotnet", 0.85);
    other_data.data = "shards/y";
    other_data.data_digest = "e";
    EvalResult other_settings = probe_of("rotnet", 0.85);
    other_settings.measure = "n";
    for (const EvalResult& other : {other_data, other_settings}) {
        const TemporaryFolder folder;
        const auto runs = two_runs(folder, probe_of("simclr", 0.875), other);
        const std::string lines = report::result_lines(runs);
        EXPECT_NE(lines.find("Linear probe (a)"), std::string::npos) << lines;
        EXPECT_NE(lines.find("Linear probe (b): on " + other.data + ", " + other.measure), std::string::npos) << lines;
        EXPECT_NE(report::result_table(runs).find("<b>85.00</b>"), std::string::npos); // alone in its column
        EXPECT_NE(report::verdict(runs).find("Linear probe (b): rotnet reaches 85.00 %."), std::string::npos)
            << report::verdict(runs);
    }
}

TEST(Report, AnUnfinishedRunSaysAtWhichStepItWasJudged) {
    EvalResult early = probe_of("simclr", 0.9);
    early.step = 116;
    early.steps = 600;
    const TemporaryFolder folder;
    const auto runs = two_runs(folder, early, probe_of("rotnet", 0.85));
    EXPECT_NE(report::result_table(runs).find("at step 116 of 600"), std::string::npos);
    EXPECT_NE(report::verdict(runs).find("simclr reaches 90.00 % at step 116 of 600"), std::string::npos);
    EXPECT_NE(report::result_lines(runs).find("simclr, Linear probe: judged at step 116 of 600"), std::string::npos);
}

TEST(Report, AnUnfinishedRunOfAnEarlierVersionIsToldByItsMetrics) {
    const TemporaryFolder folder;
    write_run(folder.path() + "/a", "simclr", 0.86); // judged at step 200
    write_file_atomically(folder.path() + "/a/config.yaml", "pretext: {name: simclr}\ntrain: {epochs: 6}\n");
    write_file_atomically(folder.path() + "/a/metrics.jsonl", "{\"step\": 200, \"epoch\": 2, \"loss\": 1}\n");
    const std::string table = report::result_table({report::read_run(folder.path() + "/a")});
    EXPECT_NE(table.find("at step 200 of 600"), std::string::npos) << table;
}

TEST(Report, ReproducesWithLaunchersAndFlagsAsTheyWereGiven) {
    EvalResult result = probe_of("simclr", 0.9);
    result.protocol = "knn";
    result.command = "mpirun -np 2 tacit knn --run 'my runs/simclr' --k 5";
    result.directory = "/home/me";
    const TemporaryFolder folder;
    two_runs(folder, result, probe_of("rotnet", 0.85));
    write_file_atomically(folder.path() + "/simclr/environment.json",
                          R"({"launch": "mpirun -np 2 tacit pretrain --set 'a=[1, 2]'", "directory": "/home/me"})");
    write_file_atomically(folder.path() + "/rotnet/environment.json",
                          R"({"command": ["tacit", "pretrain", "--set", "a=[1, 2]"], "ranks": 4})");
    const std::string out = folder.path() + "/report.html";
    write_report({folder.path() + "/simclr", folder.path() + "/rotnet"}, out);
    const std::string html = read_file(out);
    for (const char* line :
         {"cd /home/me\nmpirun -np 2 tacit pretrain --set &#39;a=[1, 2]&#39;\nmpirun -np 2 tacit knn --run &#39;my "
          "runs/simclr&#39; --k 5\n",
          "tacit pretrain --set &#39;a=[1, 2]&#39; # on 4 ranks; their launcher was not recorded\n",
          " # flags and ranks were not recorded\n"}) {
        EXPECT_NE(html.find(line), std::string::npos) << line;
    }
}

TEST(Report, VerdictNamesTheBestAndItsMargin) {
    const TemporaryFolder folder;
    write_run(folder.path() + "/simclr", "simclr", 0.86);
    const std::string text = report::verdict({report::read_run(folder.path() + "/simclr")});
    EXPECT_NE(text.find("simclr reaches 86.00 %, 6.00 points above raw pixels"), std::string::npos) << text;
}

TEST(Report, EscapesWhatRunsContain) {
    const TemporaryFolder folder;
    write_run(folder.path() + "/a", "simclr", 0.86);
    const std::string out = folder.path() + "/report.html";
    write_report({folder.path() + "/a"}, out);
    const std::string html = read_file(out);
    EXPECT_EQ(html.find("# <b>&\n"), std::string::npos);
    EXPECT_NE(html.find("# &lt;b&gt;&amp;\n"), std::string::npos);
}

TEST(Report, ARunThatWasOnlyStartedStillHasAPage) {
    const TemporaryFolder folder;
    write_file_atomically(folder.path() + "/config.yaml", "pretext: {name: simclr}\n");
    write_report({folder.path()}, folder.path() + "/report.html");
    EXPECT_NE(read_file(folder.path() + "/report.html").find("No evaluation has been run yet"), std::string::npos);
}

TEST(Report, AMissingRunFolderIsNamed) {
    try {
        write_report({"/nowhere/run"}, "/tmp/report.html");
        FAIL() << "no error";
    } catch (const IoError& error) {
        EXPECT_NE(std::string(error.what()).find("/nowhere/run"), std::string::npos);
    }
}

TEST(Report, AFolderThatIsNoRunIsRefused) {
    const TemporaryFolder folder;
    EXPECT_THROW(write_report({folder.path()}, folder.path() + "/report.html"), DataError);
}

TEST(Report, AFileBesideResultsThatIsNoneIsLeftOutWithAWord) {
    const TemporaryFolder folder;
    write_run(folder.path() + "/a", "simclr", 0.86);
    write_file_atomically(folder.path() + "/a/eval/summary.json", "{\"mine\": 1}");
    testing::internal::CaptureStderr();
    EXPECT_EQ(report::read_run(folder.path() + "/a").results.size(), 2U);
    const std::string said = testing::internal::GetCapturedStderr();
    EXPECT_NE(said.find("a file in eval/ is no result of Tacit and left out: "), std::string::npos) << said;
    EXPECT_NE(said.find("/eval/summary.json"), std::string::npos) << said;
}

TEST(Report, OneDamagedResultHidesNoOther) {
    const TemporaryFolder folder;
    write_run(folder.path() + "/a", "simclr", 0.86);
    write_file_atomically(folder.path() + "/a/eval/linear.json", "{");
    write_file_atomically(folder.path() + "/a/eval/knn.json", R"({"version": 3})");
    testing::internal::CaptureStderr();
    const report::RunRecord run = report::read_run(folder.path() + "/a");
    const std::string said = testing::internal::GetCapturedStderr();
    ASSERT_EQ(run.results.size(), 1U);
    EXPECT_EQ(run.results[0].protocol, "finetune");
    EXPECT_NE(said.find("left out: " + folder.path() + "/a/eval/linear.json is not an evaluation result"),
              std::string::npos)
        << said;
    EXPECT_NE(said.find("/eval/knn.json is of a newer Tacit"), std::string::npos) << said;
}

TEST(Report, ADamagedPictureIndexIsNamed) {
    const TemporaryFolder folder;
    write_run(folder.path() + "/a", "simclr", 0.86);
    write_file_atomically(folder.path() + "/a/pictures/pictures.json", "[{]");
    try {
        report::read_run(folder.path() + "/a");
        FAIL() << "no error";
    } catch (const DataError& error) {
        EXPECT_TRUE(std::string(error.what())
                        .ends_with("a/pictures/pictures.json is damaged (it is not JSON, or not all of it); delete it "
                                   "and run the command that writes it again"))
            << error.what();
    }
}

} // namespace
} // namespace tacit::eval
