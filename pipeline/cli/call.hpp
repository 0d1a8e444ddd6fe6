// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"

#include <boost/program_options/variables_map.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace tacit::cli {

/// What a command runs with: its parsed options and the ranks. Options that have a default are always there.
struct Call {
    const boost::program_options::variables_map& values;
    dist::Communicator& comm;
    const std::vector<std::string>& command_line; ///< all words, the program's name first

    bool given(const std::string& option) const { return values.count(option) > 0 && !values[option].defaulted(); }
    std::string text(const std::string& option) const { return values[option].as<std::string>(); }
    std::int64_t integer(const std::string& option) const { return values[option].as<std::int64_t>(); }
    double number(const std::string& option) const { return values[option].as<double>(); }
    /// Every value of a repeatable option; empty when not given.
    std::vector<std::string> texts(const std::string& option) const;
    /// Like text() and texts(), for an option without default. Throws ConfigError naming it and what it is for.
    std::string required_text(const std::string& option, const std::string& purpose) const;
    std::vector<std::string> required_texts(const std::string& option, const std::string& purpose) const;
    /// The option's value, which must lie in [min, max]. Throws ConfigError.
    std::int64_t integer_in(const std::string& option, std::int64_t min, std::int64_t max) const;
    double number_in(const std::string& option, double min, double max) const;
    /// Whether --json was given: the answer is JSON on stdout and nothing else is.
    bool json() const { return values.count("json") > 0 && values["json"].as<bool>(); }
    bool flag(const std::string& option) const { return values[option].as<bool>(); }

    /// The command's answer: to stdout from rank 0, also under --quiet. A newline is added if none is there.
    /// Throws IoError when stdout cannot take it.
    void answer(const std::string& text) const;
};

} // namespace tacit::cli
