// SPDX-License-Identifier: Apache-2.0
#include "augment/geometry/permutations.hpp"

#include "pipeline/base/error.hpp"

#include <algorithm>
#include <bit>
#include <fmt/format.h>
#include <limits>
#include <numeric>
#include <set>
#include <sstream>
#include <stdexcept>

namespace tacit::augment {
namespace {

constexpr int kMaxTiles = 9;

/// Chooses one permutation after the other. The sum of Hamming distances to n chosen ones is n tiles - cost, cost being
/// the sum over places of how many chosen ones have the same tile there: the farthest permutation is a cheapest
/// assignment of tiles to places.
class Chooser {
  public:
    explicit Chooser(int tiles)
        : tiles_(tiles), current_(static_cast<std::size_t>(tiles)), to_go_(std::size_t{1} << tiles),
          chosen_with_(static_cast<std::size_t>(tiles), std::vector<int>(static_cast<std::size_t>(tiles), 0)) {}

    /// The first permutation, in lexicographic order, of the least cost among those not chosen yet.
    Permutation next() {
        bound_costs();
        int cost = to_go_[0];
        while (!search(0, 0, cost)) {
            ++cost;
        }
        chosen_.insert(current_);
        for (std::size_t place = 0; place < current_.size(); ++place) {
            ++chosen_with_[place][static_cast<std::size_t>(current_[place])];
        }
        return current_;
    }

  private:
    int cost_of(unsigned used, int tile) const {
        return chosen_with_[static_cast<std::size_t>(std::popcount(used))][static_cast<std::size_t>(tile)];
    }

    /// to_go_[used]: the least cost of the places that are left once the tiles `used` (bits) fill the first ones.
    void bound_costs() {
        const unsigned all = (1U << tiles_) - 1;
        to_go_[all] = 0;
        for (unsigned used = all; used-- > 0;) {
            to_go_[used] = std::numeric_limits<int>::max();
            for (int tile = 0; tile < tiles_; ++tile) {
                if ((used >> tile & 1U) == 0) {
                    to_go_[used] = std::min(to_go_[used], cost_of(used, tile) + to_go_[used | 1U << tile]);
                }
            }
        }
    }

    /// Fills the places after `used`, which cost `spent`, so that all cost exactly `cost`.
    bool search(unsigned used, int spent, int cost) {
        const auto place = static_cast<std::size_t>(std::popcount(used));
        if (place == current_.size()) {
            return spent == cost && chosen_.count(current_) == 0;
        }
        for (int tile = 0; tile < tiles_; ++tile) {
            const unsigned with = used | 1U << tile;
            if (with == used || spent + cost_of(used, tile) + to_go_[with] > cost) {
                continue;
            }
            current_[place] = tile;
            if (search(with, spent + cost_of(used, tile), cost)) {
                return true;
            }
        }
        return false;
    }

    int tiles_;
    Permutation current_;
    std::vector<int> to_go_;
    std::vector<std::vector<int>> chosen_with_; ///< [place][tile]: how many chosen ones have that tile there
    std::set<Permutation> chosen_;
};

bool is_permutation(Permutation tiles) {
    std::sort(tiles.begin(), tiles.end());
    for (std::size_t i = 0; i < tiles.size(); ++i) {
        if (tiles[i] != static_cast<int>(i)) {
            return false;
        }
    }
    return !tiles.empty() && tiles.size() <= kMaxTiles;
}

} // namespace

std::vector<Permutation> permutation_set(int tiles, int count) {
    int all = 1;
    for (int i = 2; i <= std::min(tiles, kMaxTiles); ++i) {
        all *= i;
    }
    if (tiles < 1 || tiles > kMaxTiles || count < 1 || count > all) {
        throw std::logic_error("permutation_set: tiles or count out of range");
    }
    Chooser chooser(tiles);
    std::vector<Permutation> set;
    std::generate_n(std::back_inserter(set), count, [&] { return chooser.next(); });
    return set;
}

std::string permutations_text(const std::vector<Permutation>& set) {
    std::string text;
    for (const Permutation& permutation : set) {
        text += fmt::format("{}\n", fmt::join(permutation, " "));
    }
    return text;
}

std::vector<Permutation> parse_permutations(const std::string& text, const std::string& name) {
    std::vector<Permutation> set;
    std::set<Permutation> seen;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        Permutation permutation;
        for (int tile = 0; words >> tile;) {
            permutation.push_back(tile);
        }
        const std::string where = fmt::format("{}:{}", name, set.size() + 1);
        if (!words.eof() || !is_permutation(permutation)) {
            throw DataError(fmt::format("{}: not a permutation of 0 to {} at most; restore the file, or train anew",
                                        where, kMaxTiles - 1));
        }
        if (!set.empty() && permutation.size() != set.front().size()) {
            throw DataError(fmt::format("{}: {} tiles, and {} before; restore the file, or train anew", where,
                                        permutation.size(), set.front().size()));
        }
        if (!seen.insert(permutation).second) {
            throw DataError(where + ": this permutation came before; restore the file, or train anew");
        }
        set.push_back(std::move(permutation));
    }
    if (set.empty()) {
        throw DataError(name + ": no permutations; restore the file, or train anew");
    }
    return set;
}

} // namespace tacit::augment
