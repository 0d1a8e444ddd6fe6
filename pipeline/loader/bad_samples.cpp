// SPDX-License-Identifier: Apache-2.0
#include "pipeline/loader/bad_samples.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/log.hpp"

#include <fmt/format.h>

namespace tacit::loader {

void BadSamples::note(std::int64_t sample, const std::string& message) {
    const std::lock_guard lock(mutex_);
    const bool added = messages_.emplace(sample, message).second;
    if (static_cast<std::int64_t>(messages_.size()) > most_) {
        throw DataError(fmt::format("more than {} images cannot be used (data.max_bad_samples); mend them, or "
                                    "allow more; the latest: {}",
                                    most_, message));
    }
    if (added) {
        log::warning(fmt::format("{}; {}", message, instead_));
    }
}

std::vector<BadSample> BadSamples::list() const {
    const std::lock_guard lock(mutex_);
    std::vector<BadSample> result;
    for (const auto& [sample, message] : messages_) {
        result.push_back({sample, message});
    }
    return result;
}

} // namespace tacit::loader
