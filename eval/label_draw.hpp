// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace tacit::eval {

/// A keyed, stratified choice of `per_class` samples of each class, ascending. Philox-keyed by (seed, class):
/// the same on every machine. Draws 0, 1, … with the same seed are disjoint as long as the class has
/// (draw + 1) * per_class samples; beyond that they start over in a new order. Unlabelled samples (-1) are never
/// drawn. Throws ConfigError naming the class that holds fewer than per_class samples.
std::vector<std::int64_t> draw_labels(const std::vector<std::int32_t>& labels, std::int64_t per_class,
                                      std::uint64_t seed, std::int64_t draw);

/// The number of labels of each class that `fraction` of all labelled samples makes: at least 1, rounded.
std::int64_t labels_per_class(const std::vector<std::int32_t>& labels, double fraction);

/// Splits `samples` by class into (kept, held out): of each class, `share` (rounded, at least 1 and at most all but
/// one where it has two) is held out. Keyed by `seed`; both parts ascend.
std::pair<std::vector<std::int64_t>, std::vector<std::int64_t>> hold_out(const std::vector<std::int64_t>& samples,
                                                                         const std::vector<std::int32_t>& labels,
                                                                         double share, std::uint64_t seed);

/// Number of classes: the largest label + 1. Throws DataError when nothing is labelled.
std::int64_t class_count(const std::vector<std::int32_t>& labels);

} // namespace tacit::eval
