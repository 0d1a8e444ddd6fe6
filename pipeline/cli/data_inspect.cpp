// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/json_text.hpp"
#include "pipeline/cli/commands.hpp"
#include "pipeline/cli/option_groups.hpp"
#include "pipeline/shards/inspect.hpp"

#include <boost/program_options/value_semantic.hpp>
#include <nlohmann/json.hpp>

namespace tacit::cli {
namespace {

namespace po = boost::program_options;

void data_inspect_options(OptionTable& table) {
    table.add_options()("path", po::value<std::vector<std::string>>()->value_name("PATH"),
                        "HDF5 files or folders of shards; required")(
        "seconds", po::value<double>()->value_name("S")->default_value(1),
        "of reading some images to measure what that costs; 0: none");
    add_json_option(table);
}

nlohmann::ordered_json json_of(const shards::Inspection& found) {
    return {{"lines", found.lines},
            {"guess", found.guess},
            {"notes", found.notes},
            {"data_section", found.data_section},
            {"cost", found.cost}};
}

std::string text_of(const shards::Inspection& found) {
    std::string text;
    for (const std::string& line : found.lines)
        text += line + "\n";
    text += "\n" + found.guess + "\n";
    for (const std::string& note : found.notes)
        text += "note: " + note + "\n";
    if (!found.data_section.empty())
        text += "\n" + found.data_section;
    if (!found.cost.empty())
        text += "\n";
    for (const std::string& line : found.cost)
        text += line + "\n";
    return text;
}

ExitCode run_data_inspect(const Call& call) {
    const std::vector<std::string> paths =
        call.required_texts("path", "tacit data inspect PATH looks into files or folders");
    shards::InspectOptions wanted;
    wanted.seconds = call.number_in("seconds", 0, 3600);
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    std::string text;
    for (const std::string& path : paths) {
        const shards::Inspection found = shards::inspect(path, wanted);
        all.push_back(json_of(found));
        text += (text.empty() ? "" : "\n") + text_of(found);
    }
    // File names and attributes may hold bytes that are no UTF-8.
    call.answer(call.json() ? json_text(paths.size() == 1 ? all[0] : all, 2) : text);
    return ExitCode::done;
}

} // namespace

Command data_inspect_command() {
    return {"data inspect",
            "PATH... [options]",
            "show what is in HDF5 files, and the data section that reads them",
            "",
            Ranks::one,
            {{"path", -1}},
            data_inspect_options,
            run_data_inspect};
}

} // namespace tacit::cli
