// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace tacit::augment {

/// Memory that grows to the largest request and is then reused; contents are unspecified.
template <typename T> class Scratch {
  public:
    /// At least `count` elements, valid until the next call.
    T* get(std::size_t count) {
        if (memory_.size() < count) {
            memory_.resize(count);
        }
        return memory_.data();
    }

  private:
    std::vector<T> memory_;
};

} // namespace tacit::augment
