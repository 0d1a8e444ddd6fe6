// SPDX-License-Identifier: Apache-2.0
#include "dist/agreement.hpp"

#include "pipeline/base/error.hpp"

#include <ATen/Functions.h>
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tacit::dist {
namespace {

constexpr std::int64_t kSame = -1;

std::string joined(const std::vector<std::string>& lines) {
    return fmt::format("{}", fmt::join(lines, "\n"));
}

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> lines;
    std::size_t begin = 0;
    while (begin < text.size()) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}

std::int64_t first_difference(const std::vector<std::string>& left, const std::vector<std::string>& right) {
    const auto [a, b] = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
    return a == left.end() && b == right.end() ? kSame : static_cast<std::int64_t>(a - left.begin());
}

std::string line_or_nothing(const std::vector<std::string>& lines, std::int64_t index) {
    const auto at = static_cast<std::size_t>(index);
    return at < lines.size() ? "'" + lines[at] + "'" : "nothing more";
}

} // namespace

void require_agreement(const std::string& subject, const std::vector<std::string>& lines, Communicator& comm) {
    std::string reference = joined(lines);
    comm.broadcast(reference, 0);
    const std::vector<std::string> expected = split(reference);
    const at::Tensor differences = comm.all_gather(at::full({1}, first_difference(lines, expected), at::kLong));
    std::vector<int> ranks;
    for (int rank = 0; rank < comm.size(); ++rank) {
        if (differences[rank].item<std::int64_t>() != kSame) {
            ranks.push_back(rank);
        }
    }
    if (ranks.empty()) {
        return;
    }
    const auto index = differences[ranks.front()].item<std::int64_t>();
    std::string found = line_or_nothing(lines, index);
    comm.broadcast(found, ranks.front());
    throw DistError(fmt::format("{} differ between ranks: entry {} is {} on rank 0 but {} on rank {} (ranks that "
                                "differ from rank 0: {}); start all ranks with the same program and config",
                                subject, index, line_or_nothing(expected, index), found, ranks.front(),
                                fmt::join(ranks, ", ")));
}

} // namespace tacit::dist
