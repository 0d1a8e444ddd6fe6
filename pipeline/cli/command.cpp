// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/command.hpp"

#include "pipeline/base/log.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/cli/commands.hpp"
#include "pipeline/cli/local_ranks.hpp"
#include "pipeline/train/run/environment.hpp"

#include <algorithm>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/value_semantic.hpp>
#include <fmt/format.h>
#include <optional>
#include <sstream>

namespace tacit::cli {
namespace {

namespace po = boost::program_options;
using Words = std::vector<std::string>;

bool asks_for_help(const std::string& word) {
    return word == "--help" || word == "-h";
}

std::string overview(const std::vector<Command>& commands) {
    std::string text = "Tacit learns image representations without labels.\n\n"
                       "usage: tacit COMMAND [options]      tacit help COMMAND\n\n";
    for (const Command& command : commands) {
        text += fmt::format("  {:<15} {}\n", command.name, command.summary);
    }
    return text + "\nEvery command takes --help and --quiet. Exit codes: 0 done, 1 failure, 2 wrong usage or config,\n"
                  "75 checkpointed (start the same command again), 76 a hang was found.\n";
}

/// Commands whose first word is `group`: "data" has "data import", …
std::vector<Command> commands_of_group(const std::vector<Command>& commands, const std::string& group) {
    std::vector<Command> members;
    std::copy_if(commands.begin(), commands.end(), std::back_inserter(members),
                 [&](const Command& command) { return command.name.starts_with(group + " "); });
    return members;
}

struct Match {
    Command command;
    std::size_t words; ///< that its name has
};

std::optional<Match> match(const std::vector<Command>& commands, const Words& words) {
    for (const std::size_t count : {std::size_t{2}, std::size_t{1}}) {
        if (words.size() < count) {
            continue;
        }
        const std::string name = count == 2 ? words[0] + " " + words[1] : words[0];
        for (const Command& command : commands) {
            if (command.name == name) {
                return Match{command, count};
            }
        }
    }
    return std::nullopt;
}

[[noreturn]] void refuse(const std::vector<Command>& commands, const Words& words) {
    const std::vector<Command> group = commands_of_group(commands, words[0]);
    Words names;
    for (const Command& command : group.empty() ? commands : group) {
        names.push_back(command.name);
    }
    if (!group.empty() && words.size() == 1) {
        std::string all = names.front();
        for (std::size_t i = 1; i < names.size(); ++i) {
            all += ", " + names[i];
        }
        throw ConfigError(fmt::format("'{}' needs a second word (one of: {})", words[0], all));
    }
    const bool two = words.size() > 1 && !words[1].starts_with("-");
    Words tried = {words[0]};
    if (two) {
        tried.push_back(words[0] + " " + words[1]);
    }
    // A slip in the first of two words ("dat import") is near only when both are compared.
    const std::string word = two && nearest_word(tried[0], names).empty() ? tried[1] : tried[0];
    throw ConfigError(unknown_word("command", group.empty() ? word : tried[1], names) + "; see tacit --help");
}

OptionTable options_of(const Command& command) {
    OptionTable table("options", 110, 60);
    command.options(table);
    if (command.ranks == Ranks::many) {
        table.add_options()(
            "ranks", po::value<std::int64_t>()->value_name("N"),
            "start N ranks on this host and wait for them; default: one process, or what mpirun or srun "
            "started");
    }
    table.add_options()("quiet,q", po::bool_switch(), "print nothing but the answer, warnings and errors");
    table.add_options()("help,h", po::bool_switch(), "show this help");
    return table;
}

std::string help_of(const Command& command) {
    std::ostringstream text;
    text << "usage: tacit " << command.name << " " << command.arguments << "\n\n" << command.summary << "\n\n";
    text << options_of(command);
    if (!command.details.empty()) {
        text << "\n" << command.details << "\n";
    }
    return text.str();
}

Words option_names(const OptionTable& table) {
    Words names;
    for (const auto& option : table.options()) {
        names.push_back("--" + option->long_name());
    }
    return names;
}

/// The option `--name` of a table; nullptr: there is none.
const po::option_description* option_named(const OptionTable& table, const std::string& name) {
    return table.find_nothrow(name.substr(std::min(name.find_first_not_of('-'), name.size())), false);
}

/// "FILE" of an option that takes one, "" of one that takes nothing.
std::string value_name(const po::option_description& option) {
    const std::string text = option.semantic()->name();
    return option.semantic()->max_tokens() == 0 ? "" : text.substr(0, text.find(' '));
}

/// What was given to the first option of that name, in one word or two; "" if that cannot be told.
std::string given_to(const std::string& name, const Words& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i].starts_with(name + "=")) {
            return words[i].substr(name.size() + 1);
        }
        if (words[i] == name && i + 1 < words.size()) {
            return words[i + 1];
        }
    }
    return {};
}

/// What is wrong with the use of one option.
std::string misuse(const po::error& error, const std::string& name, const po::option_description& option,
                   const Words& words) {
    const std::string value = value_name(option);
    const std::string given = given_to(name, words);
    const auto* syntax = dynamic_cast<const po::invalid_syntax*>(&error);
    if (dynamic_cast<const po::multiple_occurrences*>(&error) != nullptr) {
        return fmt::format("{} is given more than once; give it once", name);
    }
    if (value.empty()) {
        return fmt::format("{} takes no value", name);
    }
    if (syntax != nullptr || given.empty()) {
        return fmt::format("{0} needs a value: {0} {1}", name, value);
    }
    const bool whole = dynamic_cast<const po::typed_value<std::int64_t>*>(option.semantic().get()) != nullptr;
    const bool number = dynamic_cast<const po::typed_value<double>*>(option.semantic().get()) != nullptr;
    return fmt::format("{0} {1}: '{2}' is no {3}", name, value, one_line(given),
                       whole    ? "whole number"
                       : number ? "number"
                                : "value that it takes");
}

/// Boost's errors, in our words.
[[noreturn]] void explain(const po::error& error, const Command& command, const OptionTable& table,
                          const Words& words) {
    const std::string where = fmt::format("; see tacit {} --help", command.name);
    if (const auto* unknown = dynamic_cast<const po::unknown_option*>(&error)) {
        throw ConfigError(unknown_word("option", unknown->get_option_name(), option_names(table)) + where);
    }
    if (dynamic_cast<const po::too_many_positional_options_error*>(&error) != nullptr) {
        throw ConfigError(fmt::format("too many words for 'tacit {} {}'{}", command.name, command.arguments, where));
    }
    const auto* named = dynamic_cast<const po::error_with_option_name*>(&error);
    const std::string name = named == nullptr ? "" : named->get_option_name();
    const po::option_description* option = option_named(table, name);
    if (option == nullptr) {
        throw ConfigError(fmt::format("the words behind 'tacit {}' cannot be understood{}", command.name, where));
    }
    throw ConfigError(misuse(error, "--" + option->long_name(), *option, words) + where);
}

po::variables_map parse(const Command& command, const OptionTable& table, const Words& words) {
    po::positional_options_description positional;
    for (const auto& [name, count] : command.positional) {
        positional.add(name.c_str(), count);
    }
    po::variables_map values;
    try {
        using namespace po::command_line_style;
        const int style =
            allow_long | allow_short | allow_dash_for_short | long_allow_adjacent | long_allow_next | short_allow_next;
        po::store(po::command_line_parser(words).options(table).positional(positional).style(style).run(), values);
    } catch (const po::error& error) {
        explain(error, command, table, words);
    }
    return values;
}

ExitCode run_command(const Command& command, const Words& arguments, const Words& words, dist::Communicator& comm) {
    const OptionTable table = options_of(command);
    const po::variables_map values = parse(command, table, arguments);
    const Call call{values, comm, words};
    if (values["help"].as<bool>()) {
        call.answer(help_of(command));
        return ExitCode::done;
    }
    if (command.ranks == Ranks::one && comm.size() > 1) {
        throw ConfigError(
            fmt::format("tacit {} is the work of one process; start it without mpirun or srun", command.name));
    }
    log::set_quiet(values["quiet"].as<bool>() || call.json());
    if (command.ranks == Ranks::many && call.given("ranks")) {
        const int ranks = static_cast<int>(call.integer_in("ranks", 1, kMostLocalRanks));
        if (ranks > 1 && !dist::launched_by_mpi() && !under_guard()) {
            return run_local_ranks(ranks, words, command.resumable);
        }
        check_ranks(ranks, comm.size());
    }
    return command.run(call);
}

/// `tacit`, `tacit --help`, `tacit help [WORDS]`, `tacit GROUP --help`, `tacit --version`.
std::optional<std::string> general_answer(const std::vector<Command>& commands, const Words& words) {
    if (words.empty() || asks_for_help(words[0]) || (words[0] == "help" && words.size() == 1)) {
        return overview(commands);
    }
    if (words[0] == "--version") {
        return "tacit " + train::version_text();
    }
    const bool help = words[0] == "help";
    const Words topic(words.begin() + (help ? 1 : 0), words.end());
    if (help && match(commands, words)) {
        return std::nullopt; // help config
    }
    if (help) {
        if (const std::optional<Match> found = match(commands, topic)) {
            return help_of(found->command);
        }
    }
    const std::vector<Command> group = commands_of_group(commands, topic[0]);
    const bool whole_group = topic.size() == 1 ? help : topic.size() == 2 && asks_for_help(topic[1]);
    if (!group.empty() && whole_group) {
        return overview(group);
    }
    if (help) {
        refuse(commands, topic);
    }
    return std::nullopt;
}

} // namespace

bool computes(const Words& words) {
    const std::optional<Match> found = match(all_commands(), Words(words.begin() + 1, words.end()));
    return found && found->command.ranks == Ranks::many;
}

ExitCode dispatch(const Words& words, dist::Communicator& comm) {
    const std::vector<Command> commands = all_commands();
    const Words arguments(words.begin() + 1, words.end());
    if (const std::optional<std::string> text = general_answer(commands, arguments)) {
        const po::variables_map none;
        Call{none, comm, words}.answer(*text);
        return ExitCode::done;
    }
    const std::optional<Match> found = match(commands, arguments);
    if (!found) {
        refuse(commands, arguments);
    }
    const Words options(arguments.begin() + static_cast<std::ptrdiff_t>(found->words), arguments.end());
    return run_command(found->command, options, words, comm);
}

} // namespace tacit::cli
