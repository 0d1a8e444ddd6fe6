// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace tacit::shards {

/// Whether `a` stands before `b`: numbers in them count by value ("img_9" before "img_10"), all else as text.
bool natural_less(const std::string& a, const std::string& b);

/// `name` with `sign` in place of each number.
std::string without_numbers(const std::string& name, const std::string& sign);

/// The first name that numbers leave out between `names`, which stand in natural order: "5.npy" of "4.npy" and
/// "6.npy"; empty: none.
std::string first_gap(const std::vector<std::string>& names);

struct NumberedFiles {
    std::vector<std::string> files; ///< sorted; empty: there are no others
    std::string pattern;            ///< matches them and nothing else; empty: none that is tried does
};

/// The files beside `path`, itself among them, whose names differ from its own in numbers alone.
NumberedFiles numbered_files(const std::string& path);

} // namespace tacit::shards
