// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "eval/features/feature_store.hpp"
#include "eval/results/results.hpp"
#include "pipeline/config/section.hpp"

#include <memory>
#include <string>
#include <vector>

namespace tacit::eval {

/// A way of judging what a run learned: one file in eval/protocols/ and one line in list.hpp. The command, its help,
/// the result file, the columns of `tacit runs` and of the report follow from the entry that the file defines.
///
/// Every member function is collective, and what it returns is equal on all ranks.
class Protocol {
  public:
    virtual ~Protocol() = default;

    /// The settings that decide what is measured, for people: "k 20, temperature 0.07". Results that differ in it are
    /// never compared.
    virtual std::string measure(FeatureStore& store) const = 0;
    /// Further settings that a baseline taken from another run must share, such as the number of draws.
    virtual std::string baseline_settings() const { return ""; }
    /// Who is judged, in the order of the table; by default pretrained, raw pixels, random encoder. All but the
    /// pretrained are baselines, which runs on the same data share.
    virtual std::vector<std::string> subjects() const { return {kPretrained, kPixels, kRandom}; }
    /// Sentences on what the data do not allow, or leave out; by default what label_notes() says of classes. Throws
    /// DataError where nothing can be judged.
    virtual std::vector<std::string> notes(FeatureStore& store) const;
    /// A line on the work that is ahead, for the log; may be empty.
    virtual std::string outlook(FeatureStore& store) const;
    /// A row for each of `subjects`, in their order, with every score of the entry.
    virtual std::vector<ResultRow> judge(const std::vector<std::string>& subjects, FeatureStore& store,
                                         dist::Communicator& comm) = 0;
};

/// A protocol that judges frozen features, those of one subject after the other.
class FeatureProtocol : public Protocol {
  public:
    /// Adds to every row the number of dimensions and the seconds that it took. Features of a baseline are
    /// released before those of the next are made.
    std::vector<ResultRow> judge(const std::vector<std::string>& subjects, FeatureStore& store,
                                 dist::Communicator& comm) final;

  protected:
    /// Scores and details of one subject.
    virtual ResultRow judge_one(const std::string& subject, FeatureStore& store, dist::Communicator& comm) = 0;
};

/// An option of the protocol's command: another way to write keys of its section.
struct ProtocolFlag {
    const char* name;              ///< "labels": --labels
    const char* value_name;        ///< "SHARE"
    const char* help;              ///< one line; "default: the config's" is added
    std::vector<const char*> sets; ///< keys of its section; "fraction" takes the option's value, "per_class=0" that one
};

/// What is known of a protocol without judging anybody.
struct ProtocolEntry {
    const char* name;        ///< of its section eval.<name> and of eval/<name>.json
    const char* command;     ///< tacit <command>
    const char* heading;     ///< of its columns
    const char* summary;     ///< a line for the help
    const char* explanation; ///< how it measures: a paragraph of the report
    std::vector<ScoreInfo> scores;
    std::vector<ProtocolFlag> flags;
    /// Reads the keys of eval.<name>. Throws ConfigError.
    std::unique_ptr<Protocol> (*make)(const config::Section& section);
};

/// ProtocolEntry::make of a class that is made from its section.
template <class T> std::unique_ptr<Protocol> make_protocol(const config::Section& section) {
    return std::make_unique<T>(section);
}

/// Those of list.hpp in its order, then those of add_protocol().
const std::vector<ProtocolEntry>& protocols();

/// The entry of that name, or nullptr.
const ProtocolEntry* find_protocol(const std::string& name);

/// Makes a protocol known beside those of list.hpp, for programs and tests that bring their own; one of a known name
/// changes nothing. Not thread-safe; before any protocol is used.
void add_protocol(const ProtocolEntry& entry);

} // namespace tacit::eval
