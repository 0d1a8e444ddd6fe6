// SPDX-License-Identifier: Apache-2.0
#include "models/pretext/list.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"

#include <algorithm>

namespace tacit::models {
namespace {

std::vector<PretextEntry>& known_pretexts() {
#define TACIT_ENTRY(name) name##_pretext,
    static std::vector<PretextEntry> entries = {TACIT_PRETEXTS(TACIT_ENTRY)};
#undef TACIT_ENTRY
    return entries;
}

const PretextEntry* find_pretext(const std::string& name) {
    const auto& entries = known_pretexts();
    const auto found = std::find_if(entries.begin(), entries.end(),
                                    [&](const PretextEntry& candidate) { return name == candidate.name; });
    return found == entries.end() ? nullptr : &*found;
}

} // namespace

void add_pretext(const PretextEntry& entry) {
    if (find_pretext(entry.name) == nullptr) {
        known_pretexts().push_back(entry);
    }
}

const std::vector<PretextEntry>& pretexts() {
    return known_pretexts();
}

std::vector<std::string> pretext_names() {
    std::vector<std::string> names;
    for (const auto& entry : known_pretexts()) {
        names.emplace_back(entry.name);
    }
    return names;
}

std::string default_recipe(const std::string& pretext) {
    const auto* entry = find_pretext(pretext);
    if (entry == nullptr) {
        throw ConfigError(unknown_word("pretext", pretext, pretext_names()));
    }
    return entry->recipe;
}

std::string read_pretext_name(const config::Section& pretext) {
    pretext.about("the task that the encoder learns from");
    return pretext.choice(kPretextName, "simclr", pretext_names());
}

std::shared_ptr<Pretext> make_pretext(const config::Section& pretext, const config::Section& model,
                                      augment::ImageShape shape, dist::Communicator& comm) {
    const auto of_channels = [&](int channels) {
        return make_backbone(model, {shape.height, shape.width, channels}, comm);
    };
    const auto another = [&] { return of_channels(shape.channels); };
    auto backbone = another();
    const auto* entry = find_pretext(read_pretext_name(pretext));
    return entry->make({pretext, std::move(backbone), another, of_channels, shape, comm, entry->metrics});
}

} // namespace tacit::models
