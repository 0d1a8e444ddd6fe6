// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace tacit::augment {

/// The tile at each place of a puzzle: a permutation of 0 .. tiles - 1.
using Permutation = std::vector<int>;

/// `count` different permutations of `tiles` tiles, each but the first of the largest mean Hamming distance to those
/// before it (the first such in lexicographic order): algorithm 1 of Noroozi & Favaro 2016. The first is the identity,
/// which by symmetry is as good as any. The same for all time: a pretext's classes are places in this list. 1 <= tiles
/// <= 9, 1 <= count <= tiles! (std::logic_error otherwise).
std::vector<Permutation> permutation_set(int tiles, int count);

/// A line for each permutation, its tiles apart by spaces: what is stored with a run.
std::string permutations_text(const std::vector<Permutation>& set);
/// Reads permutations_text(). Throws DataError, beginning with `name`, unless every line is a permutation of the
/// same tiles and no two are equal.
std::vector<Permutation> parse_permutations(const std::string& text, const std::string& name);

} // namespace tacit::augment
