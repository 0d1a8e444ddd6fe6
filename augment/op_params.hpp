// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/recipe.hpp"

#include <string>
#include <vector>

namespace tacit::augment {

/// A closed interval that a parameter draws from.
struct Range {
    double low = 0.0;
    double high = 0.0;
};

/// The parameters of one OpSpec, read by name with defaults and limits. Every reader throws ConfigError
/// with the operation's place, the parameter and its legal range.
class OpParams {
  public:
    /// Throws ConfigError if spec.p is not in [0, 1].
    OpParams(const OpSpec& spec, const std::string& where, int size, int channels);

    /// Side of the recipe's views and channels of its images.
    int size() const { return size_; }
    int channels() const { return channels_; }

    double number(const std::string& name, double fallback, double low, double high);
    int integer(const std::string& name, int fallback, int low, int high);
    bool flag(const std::string& name, bool fallback);
    /// One value (both ends) or two in rising order.
    Range range(const std::string& name, Range fallback, double low, double high);
    /// The values as given, empty if there are none.
    std::vector<double> values(const std::string& name);

    /// Throws ConfigError for a parameter that no reader asked for.
    void require_all_used() const;
    [[noreturn]] void fail(const std::string& problem) const;

  private:
    double checked(const std::string& name, double value, double low, double high) const;

    const OpSpec* spec_;
    std::string where_;
    int size_;
    int channels_;
    std::vector<std::string> known_;
};

} // namespace tacit::augment
