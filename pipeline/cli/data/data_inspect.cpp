// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/base/json_text.hpp"
#include "pipeline/cli/commands.hpp"
#include "pipeline/cli/option_groups.hpp"
#include "pipeline/shards/data_spec.hpp"
#include "pipeline/shards/format/shard_files.hpp"
#include "pipeline/shards/import/left_out.hpp"
#include "pipeline/shards/inspect.hpp"

#include <boost/program_options/value_semantic.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <map>

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
    for (const std::string& line : found.lines) {
        text += line + "\n";
    }
    text += "\n" + found.guess + "\n";
    for (const std::string& note : found.notes) {
        text += "note: " + note + "\n";
    }
    if (!found.data_section.empty()) {
        text += "\n" + found.data_section;
    }
    if (!found.cost.empty()) {
        text += "\n";
    }
    for (const std::string& line : found.cost) {
        text += line + "\n";
    }
    return text;
}

/// The files and folders that paths and patterns name; `{split}` stands for any word.
struct NamedPaths {
    std::vector<std::string> all;
    bool several = false; ///< whatever there is: more than one path was given, or a pattern
};

NamedPaths named_paths(const Call& call) {
    NamedPaths paths;
    const std::vector<std::string> given =
        call.required_texts("path", "tacit data inspect PATH looks into files or folders");
    for (const std::string& path : given) {
        const std::string pattern = shards::with_split(path, "*");
        const bool many = shards::is_pattern(pattern);
        const std::vector<std::string> found = many ? shards::matching_files(pattern) : std::vector<std::string>{path};
        paths.all.insert(paths.all.end(), found.begin(), found.end());
        paths.several = paths.several || many || given.size() > 1;
    }
    return paths;
}

std::string whole(const std::string& path) {
    return std::filesystem::absolute(path).lexically_normal().string();
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
    const auto [paths, several] = named_paths(call);
    shards::InspectOptions wanted;
    wanted.seconds = call.number_in("seconds", 0, 3600);
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    std::string text;
    std::string problem;
    bool readable = false;
    std::map<std::string, std::string> read; // by the sections of paths
    std::vector<std::string> left;
    for (const std::string& path : paths) {
        if (const auto other = read.find(whole(path)); other != read.end()) {
            shards::Inspection skipped;
            skipped.guess = fmt::format("{}: is read by the section of {}", path, other->second);
            all.push_back(json_of(skipped));
            left.push_back(path);
            continue;
        }
        const shards::Inspection found = inspected(path, wanted);
        for (const std::string& file : found.files) {
            read.emplace(whole(file), path);
        }
        readable = readable || found.readable;
        problem = problem.empty() ? problem_of(found) : problem;
        all.push_back(json_of(found));
        text += (text.empty() ? "" : "\n") + text_of(found);
    }
    if (!left.empty()) {
        text += fmt::format("\nread by a section above: {}\n", shards::first_few(left, left.size()));
    }
    // File names and attributes may hold bytes that are no UTF-8.
    call.answer(call.json() ? json_text(several ? all : all.at(0), 2) : text);
    if (!readable) {
        throw DataError(paths.size() == 1 ? problem
                                          : fmt::format("none of {} files can be read as images; the first: {}",
                                                        paths.size(), problem));
    }
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
