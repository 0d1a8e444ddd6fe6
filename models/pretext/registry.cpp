// SPDX-License-Identifier: Apache-2.0
#include "models/pretext/builtin.hpp"
#include "models/pretext/pretext.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"

#include <algorithm>
#include <array>

namespace tacit::models {
namespace {

struct Entry {
    const char* name;
    PretextFactory* make;
    const char* default_recipe;
};

constexpr std::array kPretexts = {
    Entry{"autoencoder", make_autoencoder, "autoencoder"},
    Entry{"context_encoder", make_context_encoder, "context_encoder"},
    Entry{"rotnet", make_rotnet, "rotnet"},
    Entry{"simclr", make_simclr, "simclr"},
    Entry{"triplet", make_triplet, "triplet"},
};

const Entry* find(const std::string& name) {
    const auto* entry = std::find_if(kPretexts.begin(), kPretexts.end(),
                                     [&](const Entry& candidate) { return name == candidate.name; });
    return entry == kPretexts.end() ? nullptr : entry;
}

} // namespace

std::vector<std::string> pretext_names() {
    std::vector<std::string> names;
    for (const auto& entry : kPretexts) {
        names.emplace_back(entry.name);
    }
    return names;
}

std::string default_recipe(const std::string& pretext) {
    const auto* entry = find(pretext);
    if (entry == nullptr) {
        throw ConfigError(unknown_word("pretext", pretext, pretext_names()));
    }
    return entry->default_recipe;
}

std::shared_ptr<Pretext> make_pretext(const config::Section& pretext, std::shared_ptr<Backbone> backbone,
                                      augment::ImageShape shape, dist::Communicator& comm) {
    const auto name = pretext.choice("name", "simclr", pretext_names());
    return find(name)->make(pretext, std::move(backbone), shape, comm);
}

} // namespace tacit::models
