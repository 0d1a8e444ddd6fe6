// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tacit::shards {

/// What a source holds and an import does not use.
struct LeftOut {
    std::string what; ///< in the plural: "files that are no images"
    std::int64_t count = 0;
    std::vector<std::string> first; ///< the first few names, in order
    std::string remedy;             ///< what makes an import use them; may be empty
};

/// Collects what is left out, kind by kind.
class LeftOutList {
  public:
    /// One more of a kind. Names may come in any order.
    void add(std::string_view what, const std::string& name, std::string_view remedy = {});
    void add(const LeftOutList& other);
    bool empty() const { return kinds_.empty(); }
    const std::vector<LeftOut>& kinds() const { return kinds_; }

  private:
    LeftOut& kind(std::string_view what, std::string_view remedy);

    std::vector<LeftOut> kinds_;
};

/// "files that are no images (5): a.txt, b.txt, c.txt and 2 more; <remedy>".
std::string text_of(const LeftOut& left_out);
/// "a, b, c and 4 more".
std::string first_few(const std::vector<std::string>& names, std::size_t count);

} // namespace tacit::shards
