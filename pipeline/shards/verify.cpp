// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/verify.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/format/shard_index.hpp"
#include "pipeline/shards/index/foreign_index.hpp"
#include "pipeline/shards/parallel_for.hpp"
#include "pipeline/shards/splits/data_splits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>

namespace tacit::shards {
namespace {

constexpr std::size_t kMaxListed = 100;
constexpr std::int64_t kBlocksAThread = 64; ///< between progress reports

/// The damages of one data set: an exact count, and the first ones whatever thread meets them when.
class Damages {
  public:
    void add(Damage damage) {
        const std::lock_guard lock(mutex_);
        ++count_;
        images_ += damage.count;
        first_.push_back(std::move(damage));
        if (first_.size() > 2 * kMaxListed) {
            keep_first();
        }
    }
    std::int64_t count() const { return count_; }
    std::int64_t images() const { return images_; }
    const std::vector<Damage>& first() {
        keep_first();
        return first_;
    }

  private:
    void keep_first() {
        std::sort(first_.begin(), first_.end(), [](const Damage& a, const Damage& b) { return a.first < b.first; });
        first_.resize(std::min(first_.size(), kMaxListed));
    }

    std::mutex mutex_;
    std::vector<Damage> first_;
    std::int64_t count_ = 0;
    std::int64_t images_ = 0;
};

bool has_filter(const StoredArray& array, std::uint32_t id) {
    return std::any_of(array.filters.begin(), array.filters.end(), [id](const Filter& one) { return one.id == id; });
}

/// What tells changed bytes, by the first images of a file.
const char* protection(const FileIndex& file) {
    constexpr std::uint32_t kDeflate = 1;
    constexpr std::uint32_t kFletcher32 = 3;
    if (!file.checksums.empty()) {
        return "CRC-32C of every image";
    }
    const ImagePart& part = file.parts.front();
    if (part.items) {
        return part.items->shapes.empty() ? "decoding alone; the file stores no checksums"
                                          : "reading alone; the file stores no checksums";
    }
    if (has_filter(*part.array, kFletcher32)) {
        return "Fletcher-32 of every chunk";
    }
    if (has_filter(*part.array, kDeflate)) {
        return "gzip's Adler-32 of every chunk";
    }
    return part.array->filters.empty() ? "reading alone; the file stores no checksums"
                                       : "decoding alone; the file stores no checksums";
}

struct Scratch {
    Block block;
    SampleBuffer buffer;
};

/// Runs `check`, which costs `count` images from `first` if it fails.
template <class Check>
bool passes(const Dataset& dataset, std::int64_t first, std::int64_t count, Damages& damages, const Check& check) {
    try {
        check();
        return true;
    } catch (const DataError& error) {
        damages.add({dataset.info().split, first, count, error.what()});
        return false;
    }
}

/// Images whose block cannot be read as a whole, one by one.
void check_alone(const Dataset& dataset, std::int64_t first, std::int64_t end, Scratch& scratch, Damages& damages) {
    for (std::int64_t index = first; index < end; ++index) {
        passes(dataset, index, 1, damages, [&] {
            if (dataset.stored(index, scratch.buffer).shape.height == 0) {
                dataset.read(index, scratch.buffer);
            }
        });
    }
}

void check_block(const Dataset& dataset, std::int64_t number, Scratch& scratch, Damages& damages) {
    const std::int64_t first = dataset.block_starts()[static_cast<std::size_t>(number)];
    const std::int64_t end = dataset.block_starts()[static_cast<std::size_t>(number) + 1];
    const auto load = [&] { dataset.load(number, scratch.block, scratch.buffer.scratch); };
    if (dataset.single_reads_are_cheap()) {
        try {
            load();
        } catch (const DataError&) {
            check_alone(dataset, first, end, scratch, damages);
            return;
        }
    } else if (!passes(dataset, first, end - first, damages, load)) {
        return;
    }
    for (std::int64_t index = first; index < end; ++index) {
        passes(dataset, index, 1, damages, [&] {
            if (dataset.stored(scratch.block, index).shape.height == 0) { // a JPEG or PNG
                dataset.image(scratch.block, index, scratch.buffer);
            }
        });
    }
}

class Verifier {
  public:
    Verifier(const DataSpec& spec, int threads, const ProgressFn& progress)
        : spec_(spec), threads_(threads), progress_(progress), scratch_(static_cast<std::size_t>(threads)) {
        spec_.index_cache = false; // what is verified is the file
    }

    /// `sure`: the data set itself tells of this split.
    void open(const std::string& split, bool sure) {
        result_.splits.push_back({split, 0, 0, 0, 0, 0, ""});
        const std::vector<std::string> files = data_files(spec_, split);
        result_.splits.back().files = static_cast<int>(files.size());
        try {
            take(index_dataset(spec_, split));
        } catch (const ConfigError&) {
            throw;
        } catch (const UnsureReading&) { // no damage
            throw;
        } catch (const Error& error) {
            if (!sure) {
                throw;
            }
            if (files.size() == 1 || !open_each(files, split)) {
                note({split, 0, 0, error.what()});
            }
        }
    }

    /// A file that cannot be opened.
    void note(const Damage& damage) {
        if (!result_.splits.empty()) {
            ++result_.splits.back().damages;
            ++result_.splits.back().unreadable;
        }
        ++result_.unreadable;
        ++result_.damage_count;
        result_.damages.push_back(damage);
    }

    Verification run() {
        for (Opened& opened : datasets_) {
            check(opened);
        }
        if (result_.damages.size() > kMaxListed) {
            result_.damages.resize(kMaxListed);
        }
        return std::move(result_);
    }

  private:
    struct Opened {
        std::size_t split = 0;
        Dataset dataset;
    };

    void take(DatasetIndex index) {
        VerifiedSplit& split = result_.splits.back();
        split.by = protection(index.files.front());
        datasets_.push_back({result_.splits.size() - 1, Dataset(std::move(index))});
        split.images += datasets_.back().dataset.info().size;
        total_ += datasets_.back().dataset.info().size;
    }

    /// The files of a split that cannot be opened as one. Returns whether one of them says why.
    bool open_each(const std::vector<std::string>& files, const std::string& split) {
        DataSpec of_split = spec_;
        of_split.images = with_split(spec_.images, split);
        of_split.labels = with_split(spec_.labels, split);
        bool told = false;
        for (const std::string& file : files) {
            try {
                take({spec_.path, split, {index_file(file, of_split, "")}});
            } catch (const Error& error) {
                note({split, 0, 0, error.what()});
                told = true;
            }
        }
        return told;
    }

    void check(Opened& opened) {
        Damages damages;
        const Dataset& dataset = opened.dataset;
        const auto blocks = static_cast<std::int64_t>(dataset.block_starts().size()) - 1;
        const std::int64_t step = kBlocksAThread * threads_;
        for (std::int64_t begin = 0; begin < blocks; begin += step) {
            parallel_for(std::min(step, blocks - begin), threads_, [&](std::int64_t i, int worker) {
                check_block(dataset, begin + i, scratch_[static_cast<std::size_t>(worker)], damages);
            });
            if (progress_) {
                const auto end = static_cast<std::size_t>(std::min(begin + step, blocks));
                progress_(result_.images + dataset.block_starts()[end], total_);
            }
        }
        VerifiedSplit& split = result_.splits[opened.split];
        split.damages += damages.count();
        split.damaged_images += damages.images();
        result_.images += dataset.info().size;
        result_.damage_count += damages.count();
        result_.damaged_images += damages.images();
        result_.damages.insert(result_.damages.end(), damages.first().begin(), damages.first().end());
    }

    DataSpec spec_;
    int threads_;
    const ProgressFn& progress_;
    std::vector<Scratch> scratch_;
    std::vector<Opened> datasets_;
    std::int64_t total_ = 0;
    Verification result_;
};

/// Throws IoError if there is nothing; a file that cannot be opened is damage.
std::vector<std::string> splits_that_exist(const DataSpec& spec, Verifier& verifier) {
    try {
        return splits_of(spec);
    } catch (const DataError& error) {
        verifier.note({"", 0, 0, error.what()});
        return {};
    }
}

} // namespace

Verification verify(const DataSpec& spec, const std::vector<std::string>& splits, int threads,
                    const ProgressFn& progress) {
    const auto start = std::chrono::steady_clock::now();
    Verifier verifier(spec, threads, progress);
    const std::vector<std::string> known = splits_that_exist(spec, verifier);
    for (const std::string& split : splits.empty() ? known : splits) {
        verifier.open(split, std::find(known.begin(), known.end(), split) != known.end());
    }
    Verification result = verifier.run();
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return result;
}

} // namespace tacit::shards
