// SPDX-License-Identifier: Apache-2.0
#include "dist/launch/launch_line.hpp"
#include "eval/evaluation.hpp"
#include "pipeline/cli/commands.hpp"
#include "pipeline/cli/option_groups.hpp"

#include <boost/program_options/value_semantic.hpp>
#include <fmt/format.h>

namespace tacit::cli {
namespace {

namespace po = boost::program_options;
using eval::ProtocolEntry;
using eval::ProtocolFlag;

void add_flags(const ProtocolEntry& entry, OptionTable& table) {
    for (const ProtocolFlag& flag : entry.flags) {
        const std::string help = std::string(flag.help) + "; default: the config's";
        table.add_options()(flag.name, po::value<std::string>()->value_name(flag.value_name), help.c_str());
    }
}

/// What the flags that were given set in the run's config.
std::vector<ConfigChange> changes_of(const ProtocolEntry& entry, const Call& call) {
    std::vector<ConfigChange> changes;
    for (const ProtocolFlag& flag : entry.flags) {
        if (!call.given(flag.name)) {
            continue;
        }
        const std::string value = call.text(flag.name);
        for (const std::string key : flag.sets) {
            const bool fixed = key.find('=') != std::string::npos;
            changes.push_back({fmt::format("eval.{}.{}{}", entry.name, key, fixed ? "" : "=" + value),
                               fmt::format("--{} {}", flag.name, value)});
        }
    }
    return changes;
}

/// Collective: judges the run that the options name, and prints the result as a table or JSON.
ExitCode run_protocol(const ProtocolEntry& entry, const Call& call) {
    JudgedRun judged = load_judged_run(call, changes_of(entry, call));
    const auto protocol = entry.make(judged.run.document.root().section("eval").section(entry.name));
    eval::Evaluation evaluation(judged.run, judged.config, call.comm,
                                dist::launch_line(call.command_line, call.comm.size()));
    const eval::EvalResult result = evaluation.judge(entry, *protocol);
    call.answer(call.json() ? eval::to_json(result) : eval::as_table(result));
    return ExitCode::done;
}

} // namespace

std::vector<Command> protocol_commands() {
    std::vector<Command> commands;
    for (const ProtocolEntry& entry : eval::protocols()) {
        commands.push_back(
            {entry.command,
             "RUN [options]",
             entry.summary,
             fmt::format("{}: {}\nSettings: section eval.{} of the run's config, or --set eval.{}.KEY=VALUE. "
                         "Writes eval/{}.json into the run folder, of other data (--data) "
                         "eval/{}-DIGEST.json.",
                         entry.heading, entry.explanation, entry.name, entry.name, entry.name, entry.name),
             Ranks::many,
             {{"run", 1}},
             [entry](OptionTable& table) {
                 add_run_options(table);
                 add_flags(entry, table);
                 add_json_option(table);
             },
             [entry](const Call& call) { return run_protocol(entry, call); }});
    }
    return commands;
}

} // namespace tacit::cli
