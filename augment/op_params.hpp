// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/recipe.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::augment {

/// A closed interval that a parameter draws from.
struct Range {
    double low = 0.0;
    double high = 0.0;
};

/// One parameter that an operation takes, and its default.
struct ParameterInfo {
    enum class Kind { numbers, flag, word };
    std::string name;
    Kind kind = Kind::numbers;
    std::vector<double> numbers = {};      ///< default; a flag's is 0 or 1
    std::string word = {};                 ///< default
    std::vector<std::string> allowed = {}; ///< words
};

/// The parameters of one OpSpec, read by name with defaults and limits. Every reader throws ConfigError
/// with the operation's place, the parameter and its legal range.
class OpParams {
  public:
    /// Throws ConfigError if spec.p is not in [0, 1].
    OpParams(const OpSpec& spec, const std::string& where, int size, int channels);

    /// Side of the view and channels of the images.
    int size() const { return size_; }
    int channels() const { return channels_; }

    double number(const std::string& name, double fallback, double low, double high);
    int integer(const std::string& name, int fallback, int low, int high);
    bool flag(const std::string& name, bool fallback);
    /// One value (both ends) or two in rising order.
    Range range(const std::string& name, Range fallback, double low, double high);
    /// Any number of values.
    std::vector<double> list(const std::string& name, const std::vector<double>& fallback, double low, double high);
    /// Levels 0..255, one for each channel; one value stands for all of them.
    std::vector<std::uint8_t> levels(const std::string& name, double fallback);
    /// The values as given, empty if there are none.
    std::vector<double> values(const std::string& name);
    /// One of `allowed`.
    std::string word(const std::string& name, const std::string& fallback, const std::vector<std::string>& allowed);

    /// What the readers asked for so far.
    const std::vector<ParameterInfo>& taken() const { return taken_; }
    /// Throws ConfigError for a parameter that no reader asked for.
    void require_all_used() const;
    [[noreturn]] void fail(const std::string& problem) const;

  private:
    const std::vector<double>& given_numbers(ParameterInfo parameter);
    void take(ParameterInfo parameter);
    double checked(const std::string& name, double value, double low, double high) const;

    const OpSpec* spec_;
    std::string where_;
    int size_;
    int channels_;
    std::vector<ParameterInfo> taken_;
};

} // namespace tacit::augment
