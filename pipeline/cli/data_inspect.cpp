// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/base/json_text.hpp"
#include "pipeline/cli/commands.hpp"
#include "pipeline/cli/option_groups.hpp"
#include "pipeline/shards/data_spec.hpp"
#include "pipeline/shards/inspect.hpp"
#include "pipeline/shards/shard_files.hpp"

#include <boost/program_options/value_semantic.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <set>

namespace tacit::cli {
namespace {

namespace po = boost::program_options;

void data_inspect_options(OptionTable& table) {
    table.add_options()("path", po::value<std::vector<std::string>>()->value_name("PATH"),
                        "HDF5 files, folders of shards, or patterns of either; required")(
        "seconds", po::value<double>()->value_name("S")->default_value(1),
        "of reading some images to measure what that costs; 0: none");
    add_json_option(table);
}

nlohmann::ordered_json json_of(const shards::Inspection& found) {
    return {{"lines", found.lines}, {"guess", found.guess},
            {"notes", found.notes}, {"data_section", found.data_section},
            {"files", found.files}, {"cost", found.cost}};
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

/// The files and folders that paths and patterns name; `{split}` stands for any word.
std::vector<std::string> named_paths(const Call& call) {
    std::vector<std::string> paths;
    for (const std::string& given :
         call.required_texts("path", "tacit data inspect PATH looks into files or folders")) {
        const std::string pattern = shards::with_split(given, "*");
        const std::vector<std::string> found =
            shards::is_pattern(pattern) ? shards::matching_files(pattern) : std::vector<std::string>{given};
        paths.insert(paths.end(), found.begin(), found.end());
    }
    return paths;
}

/// Why nothing of a path can be read: the last of what is said of it.
std::string problem_of(const shards::Inspection& found) {
    const std::string last = found.guess.substr(found.guess.rfind('\n') + 1); // npos + 1: from the beginning
    return last.starts_with("but ") ? last.substr(4) : last;
}

/// What is wrong with one path does not keep the others from being shown.
shards::Inspection inspected(const std::string& path, const shards::InspectOptions& wanted) {
    try {
        return shards::inspect(path, wanted);
    } catch (const Error& error) {
        shards::Inspection failed;
        failed.guess = error.what();
        return failed;
    }
}

ExitCode run_data_inspect(const Call& call) {
    const std::vector<std::string> paths = named_paths(call);
    shards::InspectOptions wanted;
    wanted.seconds = call.number_in("seconds", 0, 3600);
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    std::string text;
    std::string problem;
    bool readable = false;
    std::set<std::string> read; // by sections of several files
    std::size_t left = 0;
    for (const std::string& path : paths) {
        if (read.contains(path)) {
            ++left;
            continue;
        }
        const shards::Inspection found = inspected(path, wanted);
        read.insert(found.files.begin(), found.files.end());
        readable = readable || found.readable;
        problem = problem.empty() ? problem_of(found) : problem;
        all.push_back(json_of(found));
        text += (text.empty() ? "" : "\n") + text_of(found);
    }
    text += left == 0 ? "" : fmt::format("\n{} more of these files are read by a section above\n", left);
    // File names and attributes may hold bytes that are no UTF-8.
    call.answer(call.json() ? json_text(all.size() == 1 ? all[0] : all, 2) : text);
    if (!readable)
        throw DataError(paths.size() == 1 ? problem
                                          : fmt::format("none of {} files can be read as images; the first: {}",
                                                        paths.size(), problem));
    return ExitCode::done;
}

} // namespace

Command data_inspect_command() {
    return {"data inspect",
            "PATH... [options]",
            "show what is in HDF5 files, and the data section that reads them",
            "The exit code is 1 where nothing can be read as images.",
            Ranks::one,
            {{"path", -1}},
            data_inspect_options,
            run_data_inspect};
}

} // namespace tacit::cli
