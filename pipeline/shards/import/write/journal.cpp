// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/write/journal.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/json_text.hpp"
#include "pipeline/base/reason.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace tacit::augment {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ImageShape, height, width, channels)

} // namespace tacit::augment

namespace tacit::shards {

// Numbers keep every bit: JSON doubles are written so that they read back as they were.
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PixelSums::Channel, sum, square, square_high, min, max, mean, deviation)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(FileState, bytes, modified)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ShardRecord, split, number, begin, end, images, bytes, skipped, pixels, sums, file,
                                   sealed)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ImportPlan, layout, element, shape)

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int kVersion = 2;
constexpr std::size_t kMaxJournal = std::size_t{1} << 30;

void append_line(const std::string& path, const std::string& line) {
    const int file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC); // NOLINT(cppcoreguidelines-pro-type-vararg)
    const bool written =
        file >= 0 && ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fsync(file) == 0;
    const std::string reason = written ? "" : errno_text();
    if (file >= 0) {
        ::close(file);
    }
    if (!written) {
        throw IoError(fmt::format("{}: cannot be written: {}", path, reason));
    }
}

/// Each shard of a split begins where the one before ends.
bool without_gaps(const std::vector<ShardRecord>& records) {
    for (std::size_t i = 0; i < records.size(); ++i) {
        const bool first = i == 0 || records[i - 1].split != records[i].split;
        if (records[i].begin != (first ? 0 : records[i - 1].end) ||
            records[i].number != (first ? 0 : records[i - 1].number + 1)) {
            return false;
        }
    }
    return true;
}

} // namespace

std::optional<FileState> state_of(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        return std::nullopt;
    }
    constexpr std::int64_t kSecond = 1'000'000'000;
    return FileState{static_cast<std::uint64_t>(status.st_size),
                     status.st_mtim.tv_sec * kSecond + status.st_mtim.tv_nsec};
}

std::string import_digest(const ImportOptions& options, const SourceInfo& source) {
    Sha256 hash;
    const auto say = [&](const std::string& text) { hash.update(text.c_str(), text.size() + 1); };
    say(fmt::format("import {} {} {} {} {} {} {} {} {} {} {}", kVersion, source.kind, options.size, options.layout,
                    options.test_fraction, options.first_page, options.label, options.axes,
                    fmt::join(options.range, ","), options.shard_bytes, kFormatVersion));
    say(fmt::format("{} {} {}", options.key_ends, options.apply_exif, fmt::join(options.split_folders, "\n")));
    say(options.path);
    say(options.images);
    say(options.labels);
    say(options.split_by);
    for (const SplitShare& share : options.split_shares) {
        say(fmt::format("{} {} {}", share.split, share.share, options.split_seed));
    }
    say(options.shuffle_seed ? std::to_string(*options.shuffle_seed) : "as stored");
    for (const std::string& name : options.classes) {
        say(name);
    }
    for (const SourceSplit& split : source.splits) {
        say(fmt::format("{} {}", split.name, split.size()));
    }
    for (const std::string& path : source.files) {
        const FileState state = state_of(path).value_or(FileState());
        say(fmt::format("{} {} {}", path, state.bytes, state.modified));
    }
    return hash.hex();
}

ImportJournal::ImportJournal(const std::string& folder) : path_(folder + "/journal") {}

std::string ImportJournal::resume(const std::string& digest) {
    if (!fs::exists(path_)) {
        return "it left no journal";
    }
    std::string reason;
    try {
        const std::string content = read_file(path_, kMaxJournal);
        // A line without its end was being written when the import was cut off.
        const std::size_t whole = content.rfind('\n') + 1;
        for (std::size_t at = 0; at < whole;) {
            const std::size_t end = content.find('\n', at);
            const json line = json::parse(content.begin() + static_cast<std::ptrdiff_t>(at),
                                          content.begin() + static_cast<std::ptrdiff_t>(end));
            if (at > 0) {
                remember(line.get<ShardRecord>());
            } else if (line.at("tacit_import") != kVersion || line.at("digest") != digest) {
                reason = "its options or its source are not the same";
            } else {
                plan_ = line.get<ImportPlan>();
            }
            at = end + 1;
        }
        if (reason.empty() && (whole == 0 || !without_gaps(records_))) {
            reason = "its journal is damaged";
        }
        if (reason.empty() && whole < content.size()) {
            fs::resize_file(path_, whole);
        }
    } catch (const json::exception&) {
        reason = "its journal is damaged";
    } catch (const std::exception& error) {
        reason = reason_of(error);
    }
    if (!reason.empty()) {
        records_.clear();
    }
    return reason;
}

void ImportJournal::begin(const std::string& digest, const ImportPlan& plan) {
    plan_ = plan;
    records_.clear();
    json line = plan;
    line["tacit_import"] = kVersion;
    line["digest"] = digest;
    write_file_atomically(path_, json_text(line) + "\n");
}

void ImportJournal::put(const ShardRecord& record) {
    append_line(path_, json_text(json(record)) + "\n");
    remember(record);
}

void ImportJournal::remember(const ShardRecord& record) {
    const auto place = std::find_if(records_.begin(), records_.end(), [&](const ShardRecord& other) {
        return other.split == record.split && other.number == record.number;
    });
    if (place != records_.end()) {
        *place = record;
    } else {
        records_.push_back(record);
    }
}

void ImportJournal::remove() {
    std::error_code error;
    fs::remove(path_, error);
    if (error) {
        throw IoError(fmt::format("{}: cannot be removed: {}", path_, error.message()));
    }
}

std::vector<ShardRecord> ImportJournal::records_of(const std::string& split) const {
    std::vector<ShardRecord> found;
    std::copy_if(records_.begin(), records_.end(), std::back_inserter(found),
                 [&](const ShardRecord& record) { return record.split == split; });
    return found;
}

} // namespace tacit::shards
