// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/commands.hpp"
#include "pipeline/cli/option_groups.hpp"
#include "pipeline/shards/inspect.hpp"

#include <boost/program_options/value_semantic.hpp>
#include <nlohmann/json.hpp>

namespace tacit::cli {
namespace {

namespace po = boost::program_options;

void options(OptionTable& table) {
    table.add_options()("path", po::value<std::string>()->value_name("PATH"),
                        "HDF5 file or folder of shards; required");
    add_json_option(table);
}

ExitCode run(const Call& call) {
    const shards::Inspection found =
        shards::inspect(call.required_text("path", "tacit data inspect PATH looks into a file or folder"));
    if (call.json()) {
        const nlohmann::ordered_json json = {
            {"lines", found.lines}, {"guess", found.guess}, {"data_section", found.data_section}};
        // File names and attributes may hold bytes that are no UTF-8.
        call.answer(json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
        return ExitCode::done;
    }
    std::string text;
    for (const std::string& line : found.lines)
        text += line + "\n";
    text += "\n" + found.guess + "\n";
    if (!found.data_section.empty())
        text += "\n" + found.data_section;
    call.answer(text);
    return ExitCode::done;
}

} // namespace

Command data_inspect_command() {
    return {"data inspect",
            "PATH [options]",
            "show what is in an HDF5 file, and the data section that reads it",
            "",
            Ranks::one,
            {{"path", 1}},
            options,
            run};
}

} // namespace tacit::cli
