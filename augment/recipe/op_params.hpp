// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/recipe/recipe.hpp"
#include "pipeline/base/key.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
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
    std::string meaning = {}; ///< meaning, unit and default in words: see Key
    std::string unit = {};
    std::string usual = {};
    Kind kind = Kind::numbers;
    std::vector<double> numbers = {};      ///< default; a flag's is 0 or 1
    std::string word = {};                 ///< default
    std::vector<std::string> allowed = {}; ///< words
    double low = 0;                        ///< allowed numbers
    double high = 0;
    std::size_t least = 0; ///< how many numbers there may be
    std::size_t most = 0;
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

    double number(const Key& key, double fallback, double low, double high);
    int integer(const Key& key, int fallback, int low, int high);
    bool flag(const Key& key, bool fallback);
    /// One value (both ends) or two in rising order.
    Range range(const Key& key, Range fallback, double low, double high);
    /// Any number of values.
    std::vector<double> list(const Key& key, const std::vector<double>& fallback, double low, double high);
    /// Levels 0..255, one for each channel; one value stands for all of them.
    std::vector<std::uint8_t> levels(const Key& key, double fallback);
    /// The values as given, empty if there are none; to choose the reader by.
    const std::vector<double>& values(const std::string& name) const;
    /// One of `allowed`.
    std::string word(const Key& key, const std::string& fallback, const std::vector<std::string>& allowed);

    /// What the readers asked for so far.
    const std::vector<ParameterInfo>& taken() const { return taken_; }
    /// Throws ConfigError for a parameter that no reader asked for.
    void require_all_used() const;
    [[noreturn]] void fail(const std::string& problem) const;

  private:
    /// Of numbers: the allowed ones, and how many of them.
    struct Limits {
        double low, high;
        std::size_t least, most;
    };

    const std::vector<double>& given_numbers(const Key& key, const std::vector<double>& fallback, const Limits& limits);
    void take(ParameterInfo parameter);
    double checked(std::string_view name, double value, double low, double high) const;

    const OpSpec* spec_;
    std::string where_;
    int size_;
    int channels_;
    std::vector<ParameterInfo> taken_;
};

} // namespace tacit::augment
