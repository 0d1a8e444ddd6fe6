// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace tacit::eval {

/// Samples of each class 0, 1, … up to the largest label; 0 for a number that no sample has. Throws DataError when
/// nothing is labelled.
std::vector<std::int64_t> class_sizes(const std::vector<std::int32_t>& labels);

/// How many samples of each class are drawn: the share `fraction` of each, rounded, and at least one of every class
/// that has any.
std::vector<std::int64_t> proportional_counts(const std::vector<std::int32_t>& labels, double fraction);

/// The same for `per_class` samples of every class that has any. Throws ConfigError naming a class that has fewer.
std::vector<std::int64_t> equal_counts(const std::vector<std::int32_t>& labels, std::int64_t per_class);

/// A keyed choice of counts[c] samples of every class c, ascending. Philox-keyed by (seed, class): the same on every
/// machine. Draws 0, 1, … with the same seed are disjoint in a class as long as it has (draw + 1) * counts[c] samples;
/// beyond that they start over in a new order. Unlabelled samples (-1) are never drawn.
std::vector<std::int64_t> draw_labels(const std::vector<std::int32_t>& labels, const std::vector<std::int64_t>& counts,
                                      std::uint64_t seed, std::int64_t draw);

/// Splits `samples` by class into (kept, held out): of each class, `share` (rounded, at least 1 and at most all but
/// one where it has two) is held out. Keyed by `seed`; both parts ascend.
std::pair<std::vector<std::int64_t>, std::vector<std::int64_t>> hold_out(const std::vector<std::int64_t>& samples,
                                                                         const std::vector<std::int32_t>& labels,
                                                                         double share, std::uint64_t seed);

} // namespace tacit::eval
