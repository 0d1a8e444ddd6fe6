// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/stage/read_cost.hpp"

#include "pipeline/shards/read/file_bytes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <set>

namespace tacit::shards {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kBlocks = 16;
constexpr std::uint64_t kRawBytes = std::uint64_t{64} << 20; ///< of the file that raw reads are made from
constexpr double kMicroseconds = 1e6;

double since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Adds up what is timed.
class Timer {
  public:
    template <class Work> void time(std::int64_t images, const Work& work) {
        const auto begin = Clock::now();
        work();
        seconds_ += since(begin);
        images_ += images;
    }
    std::int64_t images() const { return images_; }
    double seconds() const { return seconds_; }
    double microseconds() const { return images_ > 0 ? kMicroseconds * seconds_ / static_cast<double>(images_) : 0; }

  private:
    double seconds_ = 0;
    std::int64_t images_ = 0;
};

/// Bytes that one image would take if it were stored raw, or takes as a JPEG or PNG file, on the average of a block.
std::size_t raw_bytes(const Dataset& dataset, const Block& block, std::int64_t images) {
    const DatasetInfo& info = dataset.info();
    return info.shape.height > 0 ? info.shape.bytes() * element_bytes(info.element)
                                 : block.bytes.size() / static_cast<std::size_t>(std::max<std::int64_t>(1, images));
}

/// pread of `bytes` bytes at places all over the beginning of the file, which one reading before has brought into the
/// page cache.
double time_raw(const std::string& path, std::size_t bytes, double seconds) {
    const FileBytes file(path);
    const std::uint64_t size = std::min(file.size(), kRawBytes);
    const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, size));
    if (piece == 0) {
        return 0;
    }
    std::vector<std::uint8_t> to(piece);
    const std::uint64_t places = size / piece;
    for (std::uint64_t i = 0; i < places; ++i) {
        file.read(i * piece, to.data(), piece);
    }
    Timer timer;
    constexpr std::uint64_t kStep = 7919; // a prime: visits every place, none next to the one before
    for (std::uint64_t i = 0; timer.seconds() < seconds && i < std::max<std::uint64_t>(places, 64); ++i) {
        timer.time(1, [&] { file.read(i * kStep % places * piece, to.data(), piece); });
    }
    return timer.microseconds() * static_cast<double>(bytes) / static_cast<double>(piece);
}

std::string storage_of(const ImagePart& part) {
    if (part.items) {
        return part.encoded() ? "JPEG or PNG files, each read by itself or with its neighbours"
                              : "pixels, one data set an image";
    }
    const StoredArray& array = *part.array;
    if (array.layout == StoredArray::Layout::contiguous) {
        return "contiguous";
    }
    std::uint64_t images = 1;
    for (std::size_t i = 0; i < array.chunk.size() && i < part.axes.size(); ++i) {
        images *= part.axes[i] == 'N' ? array.chunk[i] : 1;
    }
    std::string text = fmt::format("chunks of {} image{}", images, images == 1 ? "" : "s");
    for (std::size_t i = 0; i < array.chunk.size() && i < part.axes.size(); ++i) {
        if (part.axes[i] != 'N' && array.chunk[i] < array.shape[i]) {
            text += ", in several parts each";
            break;
        }
    }
    return text + fmt::format("{}", array.filters.empty() ? ", not compressed" : ", filtered");
}

/// Whether rewriting would leave the bytes of every image as they are.
bool is_plain(const DatasetIndex& index) {
    for (const FileIndex& file : index.files) {
        for (const ImagePart& part : file.parts) {
            if (!part.array || part.array->layout != StoredArray::Layout::contiguous || part.array->swapped ||
                !(part.axes.starts_with("NHW") || part.axes.starts_with("NNHW"))) {
                return false;
            }
        }
    }
    return true;
}

} // namespace

ReadCost measure_read_cost(const Dataset& dataset, const DatasetIndex& index, double seconds) {
    const auto begin = Clock::now();
    const std::vector<std::int64_t>& starts = dataset.block_starts();
    const auto blocks = static_cast<std::int64_t>(starts.size()) - 1;
    const auto start = [&](std::int64_t block) { return starts[static_cast<std::size_t>(block)]; };
    const std::int64_t wanted = std::min(blocks, kBlocks);
    const bool encoded = index.files.front().parts.front().encoded();
    Block block;
    SampleBuffer buffer;
    Timer in_blocks;
    Timer alone;
    Timer decoding;
    std::size_t bytes = 0;
    for (std::int64_t i = 0; i < wanted && (i == 0 || since(begin) < 0.8 * seconds); ++i) {
        const std::int64_t number = i * blocks / wanted;
        const std::int64_t images = start(number + 1) - start(number);
        dataset.load(number, block, buffer.scratch);
        in_blocks.time(images, [&] { dataset.load(number, block, buffer.scratch); });
        dataset.stored(start(number), buffer);
        bytes = std::max(bytes, raw_bytes(dataset, block, images));
        const double share = 0.4 * seconds / static_cast<double>(wanted);
        const double before = alone.seconds();
        for (std::int64_t image = start(number); image < start(number + 1); ++image) {
            alone.time(1, [&] { dataset.stored(image, buffer); });
            if (encoded) {
                decoding.time(1, [&] { dataset.values(block, image, buffer); });
            }
            if (alone.seconds() - before + decoding.seconds() / static_cast<double>(i + 1) > share) {
                break;
            }
        }
    }
    ReadCost cost;
    cost.images = in_blocks.images();
    cost.singles = alone.images();
    cost.block_images =
        static_cast<double>(dataset.info().size) / static_cast<double>(std::max<std::int64_t>(1, blocks));
    cost.in_blocks = in_blocks.microseconds();
    cost.alone = alone.microseconds();
    cost.decoding = decoding.microseconds();
    cost.raw = time_raw(index.files.front().path, bytes, 0.1 * seconds);
    cost.plain = is_plain(index);
    cost.cheap_alone = dataset.single_reads_are_cheap();
    cost.seconds = since(begin);
    return cost;
}

std::vector<std::string> reading_lines(const DatasetIndex& index) {
    std::vector<std::string> lines;
    std::set<std::string> storages;
    std::set<std::string> reasons;
    for (const FileIndex& file : index.files) {
        for (const ImagePart& part : file.parts) {
            storages.insert(storage_of(part));
            if (!part.array) {
                continue;
            }
            const bool strided = part.array->layout == StoredArray::Layout::contiguous && !part.axes.starts_with('N');
            if (part.array->layout == StoredArray::Layout::library || strided) {
                reasons.insert(fmt::format("'{}' ({})", part.array->dataset,
                                           strided ? "its images do not lie in one piece each" : part.array->reason));
            }
        }
    }
    lines.push_back(fmt::format("storage: {}", fmt::join(storages, "; ")));
    lines.push_back(reasons.empty() ? "read by pread and Tacit's own decoding, in any number of threads"
                                    : fmt::format("read by libhdf5 under its lock, one thread at a time: {}",
                                                  fmt::join(reasons, ", ")));
    return lines;
}

std::vector<std::string> cost_lines(const ReadCost& cost) {
    constexpr double kWorth = 1.2; ///< gains below it are noise
    std::vector<std::string> lines;
    lines.push_back(
        fmt::format("measured in {:.1f} s, one thread, page cache warm, {} images: {:.1f} us an image read "
                    "with its block of {:.0f} (shuffle: window), {:.1f} us alone (shuffle: full, {} images), "
                    "{:.1f} us by pread of raw bytes of this size",
                    cost.seconds, cost.images, cost.in_blocks, cost.block_images, cost.alone, cost.singles, cost.raw));
    if (cost.decoding > 0) {
        lines.push_back(fmt::format("decoding JPEG or PNG takes {:.0f} us an image besides; `tacit data pack` would "
                                    "keep the files as they are",
                                    cost.decoding));
        return lines;
    }
    if (!cost.cheap_alone) {
        lines.push_back(fmt::format("an image cannot be read without its block: shuffled reading decodes each block "
                                    "once a window, {:.0f}x cheaper than for each image alone",
                                    cost.alone / std::max(cost.in_blocks, 1e-3)));
    }
    const double best = std::min(cost.alone, cost.in_blocks);
    const double gain = best / std::max(cost.raw, 1e-3);
    if (cost.plain) {
        lines.push_back("these are raw images already; rewriting them would gain nothing");
    } else if (gain > kWorth) {
        lines.push_back(fmt::format("`tacit data pack` into raw images would make reading about {:.1f}x faster, for "
                                    "{:.1f} us an image less",
                                    gain, best - cost.raw));
    } else {
        lines.push_back("reading is about as fast as of raw images; rewriting them would gain little");
    }
    return lines;
}

} // namespace tacit::shards
