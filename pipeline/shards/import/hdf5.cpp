// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/format/shard_files.hpp"
#include "pipeline/shards/guess/range_guess.hpp"
#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/images/picture.hpp"
#include "pipeline/shards/import/image_source.hpp"
#include "pipeline/shards/import/write/block_shelf.hpp"
#include "pipeline/shards/import/write/shuffled_order.hpp"
#include "pipeline/shards/labels/class_names.hpp"
#include "pipeline/shards/read/half.hpp"
#include "pipeline/shards/splits/data_splits.hpp"
#include "pipeline/shards/statistics/value_range.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <optional>
#include <set>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kShelfBytes = std::uint64_t{1} << 30; ///< of decoded blocks of a split, one a thread aside

/// How the images of a split are held.
enum class Form {
    pixels,      ///< of one size
    files,       ///< JPEG and PNG
    loose_pixels ///< of several sizes: each becomes a PNG
};

Form form_of(const DatasetIndex& index) {
    const FileIndex& file = index.files.front();
    if (file.parts.front().encoded()) {
        return Form::files;
    }
    return file.shape.height == 0 ? Form::loose_pixels : Form::pixels;
}

std::set<std::string> files_of(const DatasetIndex& index) {
    std::set<std::string> files;
    for (const FileIndex& file : index.files) {
        files.insert(file.path);
        for (const ImagePart& part : file.parts) {
            files.insert(part.path());
        }
    }
    return files;
}

struct Split {
    Split(DatasetIndex index, const ImportOptions& options);

    std::int64_t place(std::int64_t index) const {
        return order.empty() ? index : order[static_cast<std::size_t>(index)];
    }
    StoredImage stored(std::int64_t image, SampleBuffer& buffer, std::shared_ptr<const Block>& block);

    Form form;
    std::set<std::string> files;
    Dataset dataset;
    std::unique_ptr<BlockShelf> shelf;
    std::vector<std::int64_t> order;  ///< empty: as stored
    std::vector<std::int64_t> places; ///< Dataset::places()
};

Split::Split(DatasetIndex index, const ImportOptions& options)
    : form(form_of(index)), files(files_of(index)), dataset(std::move(index)), places(dataset.places()) {
    const std::vector<std::int64_t>& starts = dataset.block_starts();
    std::size_t window = starts.size();
    if (!dataset.single_reads_are_cheap()) {
        const DatasetInfo& info = dataset.info();
        std::int64_t largest = 1;
        for (std::size_t b = 1; b < starts.size(); ++b) {
            largest = std::max(largest, starts[b] - starts[b - 1]);
        }
        const std::uint64_t block_bytes =
            static_cast<std::uint64_t>(largest) * info.shape.bytes() * element_bytes(info.element);
        const auto room = static_cast<std::size_t>(kShelfBytes / std::max<std::uint64_t>(block_bytes, 1));
        window = std::max<std::size_t>(1, room / 2); // while a window ends, the next one begins
        shelf = std::make_unique<BlockShelf>(dataset, std::max(room, static_cast<std::size_t>(options.threads) + 1));
    }
    if (options.shuffle_seed) {
        order = shuffled_order(starts, window, *options.shuffle_seed);
    }
}

StoredImage Split::stored(std::int64_t image, SampleBuffer& buffer, std::shared_ptr<const Block>& block) {
    if (!shelf) {
        return dataset.stored(image, buffer);
    }
    const std::vector<std::int64_t>& starts = dataset.block_starts();
    block = shelf->get(std::upper_bound(starts.begin(), starts.end(), image) - starts.begin() - 1, buffer.scratch);
    return dataset.stored(*block, image);
}

void widen_bf16(std::span<const std::uint8_t> from, std::vector<std::uint8_t>& to) {
    to.resize(from.size() * 2);
    for (std::size_t i = 0; i < from.size() / 2; ++i) {
        const float value = float_of_bf16(load<std::uint16_t>(from.data() + 2 * i));
        std::memcpy(to.data() + 4 * i, &value, sizeof(value));
    }
}

/// Every HDF5 data set that Tacit reads, shards of its own among them.
class Hdf5Source final : public ImageSource {
  public:
    Hdf5Source(const ImportOptions& options, const std::vector<std::string>& splits) : path_(options.path) {
        std::set<std::string> taken;
        for (const std::string& name : splits) {
            if (taken.insert(name).second) {
                DatasetIndex index = index_dataset(options, name);
                warn_of_range(index);
                splits_.push_back(std::make_unique<Split>(std::move(index), options));
            }
        }
        agree();
        name_classes();
        check_loose_pixels();
        describe();
    }

    void read(std::int64_t image, SourceImage& out) const override {
        thread_local SampleBuffer buffer;
        std::shared_ptr<const Block> block;
        const auto [from, place] = find(image);
        const StoredImage stored = from->stored(place, buffer, block);
        out.shape = form_ == Form::pixels ? stored.shape : augment::ImageShape{};
        if (form_ == Form::loose_pixels) {
            const std::string png = png_of(stored.bytes.data(), {stored.shape, stored.element});
            out.bytes.assign(png.begin(), png.end());
        } else if (element_ == Element::bf16) {
            widen_bf16(stored.bytes, out.bytes);
        } else {
            out.bytes.assign(stored.bytes.begin(), stored.bytes.end());
        }
    }
    std::uint64_t id(std::int64_t image) const override {
        const auto [from, place] = find(image);
        return static_cast<std::uint64_t>(from->places.empty() ? place : from->places[static_cast<std::size_t>(place)]);
    }
    std::string name(std::int64_t image) const override {
        const auto [from, place] = find(image);
        return from->dataset.name(place);
    }

  private:
    /// The split of an image, and which one it is there.
    std::pair<Split*, std::int64_t> find(std::int64_t image) const {
        const SourceSplit& split = info.split_of(image);
        Split* from = splits_[static_cast<std::size_t>(&split - info.splits.data())].get();
        return {from, from->place(image - split.begin)};
    }

    /// What can be is read alike in all splits; all then must be what the first is.
    void agree() {
        for (const auto& split : splits_) {
            for (const auto& other : splits_) {
                split->dataset.read_as(other->dataset.info());
            }
        }
        const Split& first = *splits_.front();
        form_ = first.form;
        info.shape = first.dataset.info().shape;
        element_ = first.dataset.info().element;
        range_ = first.dataset.info().value_range;
        for (const auto& split : splits_) {
            check(*split);
        }
    }

    void check(const Split& split) {
        const DatasetInfo& its = split.dataset.info();
        const bool same_size = its.shape == info.shape;
        if (split.form != form_ || its.element != element_ || its.value_range != range_ ||
            its.shape.channels != info.shape.channels || (form_ == Form::pixels && !same_size)) {
            throw DataError(fmt::format("{}: split '{}' holds images of another shape or type than split '{}'; pack "
                                        "each into a folder of its own: `tacit data pack {} --split {} --out FOLDER`",
                                        path_, its.split, splits_.front()->dataset.info().split, path_, its.split));
        }
        if (!same_size) {
            info.shape.height = info.shape.width = 0;
        }
    }

    /// A class has one number in all splits; labels without a name are named by it.
    void name_classes() {
        std::vector<LabelledSet> sets;
        for (const auto& split : splits_) {
            const DatasetInfo& its = split->dataset.info();
            sets.push_back({its.split, split->dataset.labels(), its.classes});
            info.classes = united(info.classes, its.classes);
        }
        check_counts(sets);
        for (const auto& split : splits_) {
            split->dataset.number_classes_as(info.classes);
            const std::vector<std::int32_t>& labels = split->dataset.labels();
            const std::int32_t last = *std::max_element(labels.begin(), labels.end());
            for (auto label = static_cast<std::int32_t>(info.classes.size()); label <= last; ++label) {
                info.classes.push_back(std::to_string(label));
            }
        }
    }

    void describe() {
        info.kind = "hdf5";
        info.encoded = form_ != Form::pixels;
        info.describes_files = true;
        info.element = element_ == Element::bf16 ? Element::f32 : element_;
        info.value_range = range_ == natural_range(element_) ? std::vector<double>() : range_;
        std::set<std::string> files;
        for (const auto& split : splits_) {
            files.insert(split->files.begin(), split->files.end());
            std::vector<std::int32_t> labels = split->dataset.labels();
            for (std::size_t i = 0; i < split->order.size(); ++i) {
                labels[i] = split->dataset.labels()[static_cast<std::size_t>(split->order[i])];
            }
            info.add_images(split->dataset.info().split, labels);
        }
        info.files.assign(files.begin(), files.end());
    }

    void check_loose_pixels() const {
        const bool fits_png = (element_ == Element::u8 || element_ == Element::u16) &&
                              (info.shape.channels == 1 || info.shape.channels == 3);
        if (form_ == Form::loose_pixels && !fits_png) {
            throw DataError(
                fmt::format("{}: images differ in size and hold {} channels of {} values, which PNG does not "
                            "keep; bring them to one size",
                            path_, info.shape.channels, element_name(element_)));
        }
        if (form_ == Form::loose_pixels && element_ == Element::u8 && range_ != natural_range(element_)) {
            throw DataError(
                fmt::format("{}: images differ in size and hold u8 values of the range [{}], which PNG does "
                            "not keep; bring them to one size",
                            path_, fmt::join(range_, ", ")));
        }
    }

    std::string path_;
    std::vector<std::unique_ptr<Split>> splits_; ///< in the order of info.splits
    Form form_ = Form::pixels;
    Element element_ = Element::u8; ///< as stored
    std::vector<double> range_;
};

bool looks_like_hdf5(const std::string& path) {
    return fs::is_directory(path) ? !splits_in(path).empty() : h5::is_hdf5(path);
}

} // namespace

std::unique_ptr<ImageSource> open_hdf5(const ImportOptions& options) {
    if (options.kind != "hdf5" && !looks_like_hdf5(options.path)) {
        return nullptr;
    }
    return std::make_unique<Hdf5Source>(options, options.splits.empty() ? splits_of(options) : options.splits);
}

} // namespace tacit::shards
