// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/import.hpp"

#include "augment/recipe.hpp"
#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/shards/images/codec.hpp"
#include "pipeline/shards/import/image_source.hpp"
#include "pipeline/shards/import/stage.hpp"
#include "pipeline/shards/parallel_for.hpp"
#include "pipeline/shards/pixel_sums.hpp"
#include "pipeline/shards/shard_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>

namespace tacit::shards {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kSmallSide = 96;       ///< auto layout: images up to this size are stored raw
constexpr std::int64_t kBlock = 256; ///< images prepared in parallel before they are written in order
constexpr int kMaxSize = 4096;

void check_options(const ImportOptions& options) {
    const auto check_word = [](const char* kind, const std::string& word, const std::vector<std::string>& allowed) {
        if (std::find(allowed.begin(), allowed.end(), word) == allowed.end()) {
            throw ConfigError(unknown_word(kind, word, allowed));
        }
    };
    check_word("kind of source", options.kind, {"auto", "idx", "cifar10", "folder"});
    check_word("layout", options.layout, {"auto", "raw", "encoded"});
    if (options.size < 0 || options.size > kMaxSize) {
        throw ConfigError(fmt::format("--size {} is not in [0, {}]", options.size, kMaxSize));
    }
    if (options.size > 0 && options.layout == "encoded") {
        throw ConfigError("--size makes raw pixels; it does not go with --layout encoded");
    }
    if (!(options.test_fraction >= 0.0 && options.test_fraction < 1.0)) {
        throw ConfigError(fmt::format("--test-fraction {} is not in [0, 1)", options.test_fraction));
    }
    if (options.threads < 1 || options.shard_bytes < 1) {
        throw ConfigError("an import needs at least one thread and one byte per shard");
    }
    if (!std::filesystem::exists(options.source)) {
        throw IoError(fmt::format("{}: no such file or folder", options.source));
    }
}

std::vector<std::string> class_names(const ImageSource& source, const ImportOptions& options) {
    std::vector<std::string> names = source.classes();
    if (options.classes.empty()) {
        return names;
    }
    if (options.classes.size() < names.size()) {
        throw ConfigError(
            fmt::format("--classes names {} classes, the images have {}", options.classes.size(), names.size()));
    }
    return options.classes;
}

/// One image on its way into a shard.
struct Prepared {
    std::vector<std::uint8_t> bytes;
    std::uint32_t checksum = 0;
    std::optional<PixelSums> sums;
    std::string failure;
};

/// What one thread needs again and again.
struct Scratch {
    SourceImage source;
    std::vector<std::uint8_t> pixels;
    std::vector<augment::ViewSlot> slots{1};
    augment::Workspace workspace;
};

class Importer {
  public:
    Importer(const ImportOptions& options, const ProgressFn& progress)
        : options_(options), progress_(progress), source_(open_source(options)),
          scratch_(static_cast<std::size_t>(options.threads)) {
        for (const std::string& split : source_->splits()) {
            total_ += source_->size(split);
        }
        summary_.kind = source_->kind();
        summary_.classes = class_names(*source_, options);
        summary_.ignored = source_->ignored();
    }

    ImportSummary run() {
        const Clock::time_point start = Clock::now();
        ImportStage stage(options_.out, options_.overwrite);
        choose_layout();
        std::vector<ShardWriter> writers;
        for (const std::string& split : source_->splits()) {
            writers.push_back(write_split(split, stage.folder()));
        }
        summary_.mean = training_sums_->mean();
        summary_.std = training_sums_->std();
        for (std::size_t i = 0; i < writers.size(); ++i) {
            writers[i].seal(summary_.mean, summary_.std);
            summary_.splits.push_back(
                {source_->splits()[i], writers[i].images(), static_cast<int>(writers[i].files().size())});
        }
        stage.publish();
        summary_.seconds = std::chrono::duration<double>(Clock::now() - start).count();
        return summary_;
    }

  private:
    /// Reads every header: channels, common size and unreadable files are known before anything is written.
    augment::ImageShape probe() {
        augment::ImageShape common{-1, -1, 1};
        for (const std::string& split : source_->splits()) {
            const auto count = source_->size(split);
            std::vector<augment::ImageShape> shapes(static_cast<std::size_t>(count));
            parallel_for(count, options_.threads, [&](std::int64_t i, int worker) {
                try {
                    SourceImage& image = scratch_[static_cast<std::size_t>(worker)].source;
                    source_->read(split, i, image);
                    shapes[static_cast<std::size_t>(i)] = encoded_shape(image.bytes);
                } catch (const DataError&) {
                    // Reported with the reason when the image is decoded.
                    shapes[static_cast<std::size_t>(i)] = {};
                }
            });
            for (const augment::ImageShape& shape : shapes) {
                merge(shape, common);
            }
        }
        return common.height < 0 ? augment::ImageShape{0, 0, common.channels} : common;
    }

    static void merge(const augment::ImageShape& shape, augment::ImageShape& common) {
        if (shape.height == 0) {
            return;
        }
        common.channels = std::max(common.channels, shape.channels);
        if (common.height < 0) {
            common.height = shape.height;
            common.width = shape.width;
        } else if (common.height != shape.height || common.width != shape.width) {
            common.height = common.width = 0;
        }
    }

    void choose_layout() {
        augment::ImageShape shape = source_->encoded() ? probe() : source_->shape();
        if (options_.size > 0) {
            shape.height = shape.width = options_.size;
            resize_.emplace(augment::preset("eval", options_.size, shape.channels), shape.channels);
        }
        const bool same = shape.height > 0;
        const bool small = same && std::max(shape.height, shape.width) <= kSmallSide;
        const bool raw = !source_->encoded() || options_.size > 0 || options_.layout == "raw" ||
                         (options_.layout == "auto" && small);
        if (raw && !same) {
            throw ConfigError(
                fmt::format("{}: images differ in size; store them encoded, or give --size", options_.source));
        }
        if (!source_->encoded() && options_.layout == "encoded") {
            throw ConfigError(
                fmt::format("{}: holds pixels, not JPEG or PNG files; --layout encoded does not fit", options_.source));
        }
        summary_.layout = raw ? Layout::raw : Layout::encoded;
        summary_.shape = shape;
    }

    void prepare(const std::string& split, std::int64_t index, Scratch& scratch, Prepared& out) const {
        source_->read(split, index, scratch.source);
        const int channels = summary_.shape.channels;
        augment::ImageView image{scratch.source.bytes.data(), scratch.source.shape};
        if (source_->encoded()) {
            image.shape = decode_image(scratch.source.bytes, channels, scratch.pixels);
            image.data = scratch.pixels.data();
        }
        out.sums.emplace(channels);
        if (resize_) {
            out.bytes.resize(summary_.shape.bytes());
            scratch.slots[0] = {out.bytes.data(), nullptr, nullptr};
            resize_->apply(image, {}, scratch.slots, scratch.workspace);
            out.sums->add({out.bytes.data(), summary_.shape});
        } else {
            const bool keep = summary_.layout == Layout::encoded;
            const std::uint8_t* data = keep ? scratch.source.bytes.data() : image.data;
            out.bytes.assign(data, data + (keep ? scratch.source.bytes.size() : image.shape.bytes()));
            out.sums->add(image);
        }
        out.checksum = crc32c(out.bytes.data(), out.bytes.size());
    }

    void prepare_or_note(const std::string& split, std::int64_t index, int worker, Prepared& out) {
        out.failure.clear();
        try {
            prepare(split, index, scratch_[static_cast<std::size_t>(worker)], out);
        } catch (const Error& error) {
            const std::string name = source_->name(split, index);
            // Readers name the file themselves, decoders only say what is wrong.
            const std::string what = error.what();
            out.failure = what.starts_with(name) ? what : fmt::format("{}: {}", name, what);
            if (!options_.skip_bad) {
                throw DataError(out.failure + "; mend or remove it, or leave such images out with --skip-bad");
            }
        }
    }

    ShardWriter write_split(const std::string& split, const std::string& folder) {
        ShardWriter writer(folder, {split, summary_.layout, summary_.shape, summary_.classes, options_.source},
                           options_.shard_bytes);
        PixelSums sums(summary_.shape.channels);
        std::vector<Prepared> block(kBlock);
        const std::int64_t count = source_->size(split);
        for (std::int64_t begin = 0; begin < count; begin += kBlock) {
            const std::int64_t images = std::min(kBlock, count - begin);
            parallel_for(images, options_.threads, [&](std::int64_t i, int worker) {
                prepare_or_note(split, begin + i, worker, block[static_cast<std::size_t>(i)]);
            });
            for (std::int64_t i = 0; i < images; ++i) {
                keep(split, begin + i, block[static_cast<std::size_t>(i)], writer, sums);
            }
            done_ += images;
            report();
        }
        if (writer.images() == 0) {
            throw DataError(fmt::format("{}: none of the {} images of split '{}' can be read; the first: {}",
                                        options_.source, count, split,
                                        summary_.skipped.empty() ? "there are none" : summary_.skipped.front()));
        }
        if (!training_sums_) { // Sources name the training split first.
            training_sums_ = sums;
        }
        return writer;
    }

    void keep(const std::string& split, std::int64_t index, const Prepared& image, ShardWriter& writer,
              PixelSums& sums) {
        if (!image.failure.empty()) {
            summary_.skipped.push_back(image.failure);
            return;
        }
        writer.add(image.bytes, image.checksum, source_->label(split, index), static_cast<std::uint64_t>(index));
        sums.add(*image.sums);
        summary_.bytes += static_cast<std::int64_t>(image.bytes.size());
    }

    void report() {
        constexpr std::chrono::milliseconds kEvery{100};
        const Clock::time_point now = Clock::now();
        if (progress_ && (now - reported_ >= kEvery || done_ == total_)) {
            reported_ = now;
            progress_(done_, total_);
        }
    }

    const ImportOptions& options_;
    const ProgressFn& progress_;
    std::unique_ptr<ImageSource> source_;
    std::vector<Scratch> scratch_;
    std::optional<augment::Recipe> resize_;
    std::optional<PixelSums> training_sums_;
    ImportSummary summary_;
    std::int64_t total_ = 0;
    std::int64_t done_ = 0;
    Clock::time_point reported_{};
};

} // namespace

ImportSummary import_images(const ImportOptions& options, const ProgressFn& progress) {
    check_options(options);
    return Importer(options, progress).run();
}

} // namespace tacit::shards
