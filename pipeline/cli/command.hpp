// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/base/error.hpp"
#include "pipeline/cli/call.hpp"

#include <boost/program_options/options_description.hpp>
#include <string>
#include <utility>
#include <vector>

namespace tacit::cli {

using OptionTable = boost::program_options::options_description;

/// Whether the ranks of a job share the command's work.
enum class Ranks { one, many };

/// One subcommand. The table of all is in commands.cpp.
struct Command {
    std::string name;      ///< its words: "data import"
    std::string arguments; ///< behind the name in the usage line: "SOURCE --out FOLDER [options]"
    std::string summary;   ///< one line
    std::string details;   ///< further help below the options; may be empty
    Ranks ranks = Ranks::one;
    /// Options that words without "--" are taken for, and how many of them; -1: any number.
    std::vector<std::pair<std::string, int>> positional;
    std::function<void(OptionTable& table)> options;
    std::function<ExitCode(const Call& call)> run;
    bool resumable = false; ///< SIGUSR1 ends it with a checkpoint
};

/// Whether the words behind the program's name, `words[0]`, ask for a command of Ranks::many: these compute with
/// tensors.
bool computes(const std::vector<std::string>& words);

/// Parses the words behind the program's name and runs what they ask for. `words[0]` is the program.
/// Throws ConfigError for an unknown command, option or value, and what the command throws.
ExitCode dispatch(const std::vector<std::string>& words, dist::Communicator& comm);

} // namespace tacit::cli
