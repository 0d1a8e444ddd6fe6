// SPDX-License-Identifier: Apache-2.0
#include "eval/report/report.hpp"

#include "pipeline/base/log.hpp"
#include "pipeline/cli/commands.hpp"
#include "pipeline/train/run/run_paths.hpp"

#include <boost/program_options/value_semantic.hpp>
#include <filesystem>

namespace tacit::cli {
namespace {

namespace po = boost::program_options;

void report_options(OptionTable& table) {
    table.add_options()("run", po::value<std::vector<std::string>>()->value_name("FOLDER"),
                        "run folders to compare; required")(
        "out", po::value<std::string>()->value_name("FILE")->default_value("report.html"), "page to write");
}

ExitCode run_report(const Call& call) {
    const std::vector<std::string> runs =
        eval::distinct_runs(call.required_texts("run", "tacit report RUN... --out FILE"));
    call.answer(eval::write_report(runs, call.text("out")));
    for (const std::string& folder : runs) {
        if (!std::filesystem::exists(train::RunPaths(folder).map())) {
            log::info("hint: `tacit embed --run " + folder + "` adds its map and nearest neighbours to the report");
        }
    }
    log::info("wrote " + call.text("out"));
    return ExitCode::done;
}

} // namespace

Command report_command() {
    return {"report",
            "RUN... [options]",
            "one self-contained HTML page about one or more runs",
            "",
            Ranks::one,
            {{"run", -1}},
            report_options,
            run_report};
}

} // namespace tacit::cli
