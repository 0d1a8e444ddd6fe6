// SPDX-License-Identifier: Apache-2.0
#include "eval/report/html.hpp"
#include "eval/report/report.hpp"
#include "eval/report/result_table.hpp"
#include "eval/report/svg_chart.hpp"
#include "eval/results.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/png.hpp"
#include "tests/eval/tiny_dataset.hpp"

#include <gtest/gtest.h>

namespace tacit::eval {
namespace {

ResultRow row_of(const std::string& name, std::vector<double> draws) {
    ResultRow row{name, 0, 0, std::move(draws), {}};
    summarise_draws(row);
    return row;
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
    write_result(folder, {"linear",
                          pretext,
                          pretext,
                          "step-00000200",
                          "shards/x",
                          {row_of("pretrained", {accuracy}), row_of("raw pixels", {0.8})},
                          1});
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
    EXPECT_NE(table.find("&plusmn; 1.41"), std::string::npos) << table;
    const std::string lines = report::result_lines(
        {report::read_run(folder.path() + "/simclr"), report::read_run(folder.path() + "/rotnet")});
    for (const char* part : {"simclr ", "86.12", "rotnet ", "85.34", "raw pixels ", "± 1.41"}) {
        EXPECT_NE(lines.find(part), std::string::npos) << part << "\n" << lines;
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

TEST(Report, ADamagedPictureIndexIsNamed) {
    const TemporaryFolder folder;
    write_run(folder.path() + "/a", "simclr", 0.86);
    write_file_atomically(folder.path() + "/a/pictures/pictures.json", "[{]");
    try {
        report::read_run(folder.path() + "/a");
        FAIL() << "no error";
    } catch (const DataError& error) {
        EXPECT_NE(std::string(error.what()).find("pictures.json"), std::string::npos);
    }
}

} // namespace
} // namespace tacit::eval
