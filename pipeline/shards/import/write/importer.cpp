// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/write/importer.hpp"

#include "pipeline/base/counted.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/shards/format/shard_files.hpp"
#include "pipeline/shards/import/label_notes.hpp"
#include "pipeline/shards/import/tables/table_labels.hpp"
#include "pipeline/shards/import/write/split_import.hpp"
#include "pipeline/shards/parallel_for.hpp"
#include "pipeline/shards/statistics/value_range.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <utility>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t kBlock = 256; ///< images prepared in parallel before they are written in order
constexpr std::size_t kBlockBytes = std::size_t{256} << 20; ///< that they may take, one a thread aside

} // namespace

Importer::Importer(const ImportOptions& options, const ProgressFn& progress)
    : options_(options), progress_(progress), source_(with_labels(open_source(options), options)),
      scratch_(static_cast<std::size_t>(options.threads)), slots_(static_cast<std::size_t>(kBlock)) {
    const SourceInfo& info = source_->info;
    total_ = static_cast<std::int64_t>(info.labels.size());
    summary_.kind = info.kind;
    summary_.classes = options.classes.empty() ? info.classes : options.classes;
    check_source(options, info.kind, info.classes.size());
    summary_.left_out = info.left_out.kinds();
    for (const std::string& line : info.notes) {
        note(line);
    }
    for (std::string& line : label_notes(info, summary_.classes)) {
        note(std::move(line));
    }
}

ImportSummary Importer::run() {
    const Clock::time_point start = Clock::now();
    ImportStage stage(options_.out, options_.overwrite);
    folder_ = stage.folder();
    try {
        take_up(stage);
        preparer_ = std::make_unique<ImagePreparer>(*source_, options_, journal_->plan());
        check_records();
        for (const SourceSplit& split : source_->info.splits) {
            write_split(split);
        }
        summarise();
        seal_all();
    } catch (...) {
        if (journal_ && !journal_->records().empty()) {
            stage.keep();
        }
        throw;
    }
    journal_->remove();
    stage.publish();
    const std::vector<std::string> heard = heard_.lines();
    summary_.notes.insert(summary_.notes.end(), heard.begin(), heard.end());
    summary_.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return summary_;
}

void Importer::take_up(ImportStage& stage) {
    journal_ = std::make_unique<ImportJournal>(folder_);
    const std::string digest = import_digest(options_, source_->info);
    std::string reason = stage.empty() ? "" : journal_->resume(digest);
    for (const ShardRecord& record : journal_->records()) {
        if (!options_.skip_bad && !record.skipped.empty()) {
            reason = "it left images out with --skip-bad";
        }
    }
    if (stage.empty() || !reason.empty()) {
        start_over(stage, digest, reason);
        return;
    }
    std::vector<std::string> wanted = {"journal"};
    for (const ShardRecord& record : journal_->records()) {
        wanted.push_back(fs::path(path_of(record)).filename().string());
        summary_.resumed += record.images;
    }
    stage.clear_except(wanted);
    if (options_.notice && summary_.resumed > 0) {
        options_.notice(fmt::format("{}: going on after {} images in {} shards", folder_, summary_.resumed,
                                    journal_->records().size()));
    }
}

void Importer::start_over(ImportStage& stage, const std::string& digest, const std::string& reason) {
    if (options_.notice && !reason.empty()) {
        options_.notice(fmt::format("{}: an import was interrupted, but {}; starting over", folder_, reason));
    }
    stage.clear_except({});
    const ImportPlan plan = plan_import(*source_, options_);
    if (plan.turned > 0 && !options_.apply_exif) {
        note(fmt::format(
            "{} with an EXIF orientation, which is not applied, as in torchvision; --apply-exif turns such images "
            "upright",
            counted(plan.turned, "image")));
    }
    journal_->begin(digest, plan);
}

/// A shard that is not as the journal says was being sealed, or was touched: it is written again.
void Importer::check_records() {
    for (const ShardRecord& record : std::vector<ShardRecord>(journal_->records())) {
        if (state_of(path_of(record)) != record.file) {
            redo(record);
        }
    }
}

void Importer::redo(ShardRecord record) {
    std::error_code ignored;
    fs::remove(path_of(record), ignored);
    ShardWriter writer(folder_, description(record.split), std::numeric_limits<std::int64_t>::max(), record.number);
    const std::int64_t first = source_->info.split(record.split).begin;
    each_image(first + record.begin, first + record.end, [&](std::int64_t image, const Slot& slot) {
        if (slot.failure.empty()) {
            writer.add(slot.image.bytes, slot.image.checksum, source_->info.label(image), source_->id(image));
        }
    });
    done_ -= record.end - record.begin; // write_split() counts them with all that is there.
    writer.flush();
    if (writer.images() != record.images) {
        throw DataError(fmt::format("{}: changed while it was being imported; remove {} and import it again",
                                    options_.path, folder_));
    }
    fsync_path(path_of(record));
    record.file = state_of(path_of(record)).value_or(FileState());
    record.sealed = false;
    journal_->put(record);
}

void Importer::write_split(const SourceSplit& split) {
    SplitImport target(folder_, description(split.name), options_.shard_bytes, *journal_);
    done_ += target.begin();
    each_image(split.begin + target.begin(), split.end, [&](std::int64_t image, const Slot& slot) {
        if (!slot.failure.empty()) {
            target.skip(slot.failure);
        } else if (target.add(image - split.begin, slot.image, source_->info.label(image), source_->id(image))) {
            stop_if_asked();
        }
    });
    target.finish(split.size());
    stop_if_asked();
    if (target.sums().pixels() == 0) {
        throw DataError(fmt::format("{}: none of the {} images of split '{}' can be read; the first: {}", options_.path,
                                    split.size(), split.name, target.first_skipped()));
    }
    sums_.emplace(split.name, target.sums());
}

void Importer::each_image(std::int64_t begin, std::int64_t end, const Take& take) {
    while (begin < end) {
        // What images take is known only from those before: a small block first.
        const auto threads = static_cast<std::int64_t>(options_.threads);
        const std::int64_t room = largest_ == 0 ? 4 * threads : static_cast<std::int64_t>(kBlockBytes / largest_);
        const std::int64_t images = std::min({kBlock, end - begin, std::max(room, std::min(threads, kBlock))});
        parallel_for(images, options_.threads, [&](std::int64_t i, int worker) {
            stop_if_asked();
            prepare(begin + i, worker, slots_[static_cast<std::size_t>(i)]);
        });
        for (std::int64_t i = 0; i < images; ++i) {
            const Slot& slot = slots_[static_cast<std::size_t>(i)];
            largest_ = std::max({largest_, slot.image.bytes.capacity(), std::size_t{1}});
            take(begin + i, slot);
        }
        begin += images;
        done_ += images;
        report();
    }
}

void Importer::prepare(std::int64_t image, int worker, Slot& slot) {
    slot.failure.clear();
    try {
        preparer_->prepare(image, scratch_[static_cast<std::size_t>(worker)], slot.image);
    } catch (const Error& error) {
        const std::string name = source_->name(image);
        // Readers name the file themselves, decoders only say what is wrong.
        const std::string what = error.what();
        const std::string file = name.substr(0, name.find(": "));
        slot.failure = what.starts_with(file) ? what : fmt::format("{}: {}", name, what);
        if (!options_.skip_bad) {
            throw DataError(slot.failure.substr(0, slot.failure.find("; restore the file")) +
                            "; mend or remove it, or leave such images out with --skip-bad");
        }
    }
}

void Importer::seal_all() {
    SplitTotals totals{summary_.mean, summary_.std, summary_.value_range, 0};
    for (const SplitSummary& split : summary_.splits) {
        totals.images = split.images;
        for (ShardRecord record : journal_->records_of(split.name)) {
            if (!record.sealed) {
                seal_shard(path_of(record), totals);
                record.file = state_of(path_of(record)).value_or(FileState());
                record.sealed = true;
                journal_->put(record);
                stop_if_asked();
            }
        }
    }
}

void Importer::summarise() {
    const ImportPlan& plan = journal_->plan();
    summary_.layout = plan.layout;
    summary_.element = plan.element;
    summary_.shape = plan.shape;
    double lowest = std::numeric_limits<double>::infinity();
    double highest = -lowest;
    for (const SourceSplit& split : source_->info.splits) {
        SplitSummary counts{split.name, 0, 0};
        for (const ShardRecord& record : journal_->records_of(split.name)) {
            counts.images += record.images;
            ++counts.shards;
            summary_.bytes += record.bytes;
            summary_.skipped.insert(summary_.skipped.end(), record.skipped.begin(), record.skipped.end());
        }
        summary_.splits.push_back(counts);
        lowest = std::min(lowest, sums_.at(split.name).lowest());
        highest = std::max(highest, sums_.at(split.name).highest());
    }
    const PixelSums& training = sums_.at(source_->info.splits.front().name); // Sources name the training split first.
    summary_.mean = training.mean();
    summary_.std = training.std();
    summary_.value_range = options_.range.empty() ? source_->info.value_range : options_.range;
    if (summary_.value_range.empty() && natural_range(plan.element).empty()) {
        if (!(lowest < highest)) {
            throw DataError(fmt::format(
                "{}: {}; say with --range LO:HI which values mean black and white", options_.path,
                lowest == highest ? fmt::format("every value is {}", lowest) : std::string("no value is finite")));
        }
        summary_.value_range = {lowest, highest};
    }
    if (summary_.value_range.empty() && plan.layout == Layout::raw && plan.element == Element::u8 && lowest == 0 &&
        highest == 1 && summary_.kind != "hdf5") { // which is packed as it is
        summary_.value_range = {0, 1};
        log::info("every value is 0 or 1, so 1 is white: value range [0, 1]; --range 0:255 says otherwise");
    }
    for (const std::string& path : source_->info.files) {
        summary_.source_bytes += static_cast<std::int64_t>(state_of(path).value_or(FileState()).bytes);
    }
}

SplitDescription Importer::description(const std::string& split) const {
    const ImportPlan& plan = journal_->plan();
    return {split, plan.layout, plan.shape, summary_.classes, options_.path, plan.element};
}

std::string Importer::path_of(const ShardRecord& record) const {
    return shard_path(folder_, record.split, record.number);
}

void Importer::stop_if_asked() const {
    if (!options_.stop || !options_.stop()) {
        return;
    }
    std::int64_t kept = 0;
    for (const ShardRecord& record : journal_->records()) {
        kept += record.end - record.begin;
    }
    throw Error(fmt::format("stopped after {} of {} images; {}", done_, total_,
                            kept == 0 ? "no shard was whole yet: the same command starts over"
                                      : fmt::format("the same command goes on after the {} in whole shards", kept)),
                ExitCode::requeue);
}

void Importer::note(std::string line) {
    if (options_.notice) {
        options_.notice(line);
    }
    summary_.notes.push_back(std::move(line));
}

void Importer::report() {
    constexpr std::chrono::milliseconds kEvery{100};
    const Clock::time_point now = Clock::now();
    if (progress_ && (now - reported_ >= kEvery || done_ == total_)) {
        reported_ = now;
        progress_(done_, total_);
    }
}

} // namespace tacit::shards
