// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace tacit::loader {

/// A sample that cannot be read or decoded, or whose views cannot be made.
struct BadSample {
    std::int64_t sample = 0; ///< index in the data set
    std::string message;     ///< names file, data set and image
};

/// The bad samples that were met and left out, each once. Thread-safe.
class BadSamples {
  public:
    /// `most`: so many are allowed. `instead`: what becomes of one, for the warning.
    BadSamples(std::int64_t most, const char* instead) : most_(most), instead_(instead) {}
    /// Lists the sample and warns of it when it is a new one. Throws DataError once there are too many.
    void note(std::int64_t sample, const std::string& message);
    /// In ascending order.
    std::vector<BadSample> list() const;

  private:
    std::int64_t most_;
    const char* instead_;
    mutable std::mutex mutex_;
    std::map<std::int64_t, std::string> messages_;
};

} // namespace tacit::loader
