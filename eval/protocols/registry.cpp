// SPDX-License-Identifier: Apache-2.0
#include "eval/protocols/list.hpp"
#include "eval/split_labels.hpp"

#include <torch/types.h>

#include <algorithm>
#include <chrono>

namespace tacit::eval {

namespace {

std::vector<ProtocolEntry>& known_protocols() {
#define TACIT_ENTRY(name) name##_protocol(),
    static std::vector<ProtocolEntry> entries = {TACIT_PROTOCOLS(TACIT_ENTRY)};
#undef TACIT_ENTRY
    return entries;
}

} // namespace

const std::vector<ProtocolEntry>& protocols() {
    return known_protocols();
}

const ProtocolEntry* find_protocol(const std::string& name) {
    const std::vector<ProtocolEntry>& entries = known_protocols();
    const auto found =
        std::find_if(entries.begin(), entries.end(), [&](const ProtocolEntry& entry) { return name == entry.name; });
    return found == entries.end() ? nullptr : &*found;
}

void add_protocol(const ProtocolEntry& entry) {
    if (find_protocol(entry.name) == nullptr) {
        known_protocols().push_back(entry);
    }
}

std::vector<std::string> Protocol::notes(FeatureStore& store) const {
    return label_notes(store.train(), store.test());
}

std::string Protocol::outlook(FeatureStore& /*store*/) const {
    return "";
}

std::vector<ResultRow> FeatureProtocol::judge(const std::vector<std::string>& subjects, FeatureStore& store,
                                              dist::Communicator& comm) {
    using Clock = std::chrono::steady_clock;
    std::vector<ResultRow> rows;
    for (const std::string& subject : subjects) {
        const Clock::time_point begun = Clock::now();
        ResultRow row = judge_one(subject, store, comm);
        row.name = subject;
        row.details["dimensions"] = static_cast<double>(store.features(subject, store.run().data.train).values.size(1));
        row.details["seconds"] = std::chrono::duration<double>(Clock::now() - begun).count();
        rows.push_back(std::move(row));
        if (subject != kPretrained) { // whose features are small, and are asked for again
            store.release(subject);
        }
    }
    return rows;
}

} // namespace tacit::eval
