// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/image_splits.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/data_section.hpp"
#include "pipeline/shards/hdf5/raw/precheck.hpp"
#include "pipeline/shards/hdf5/raw/storage.hpp"
#include "pipeline/shards/hdf5/whole_data.hpp"
#include "pipeline/shards/labels/named_labels.hpp"
#include "pipeline/shards/read/extents.hpp"
#include "pipeline/shards/splits/split_names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <utility>
#include <vector>

namespace tacit::shards {
namespace {

/// Without the splits that no image belongs to, which counting and enumerations name too.
Labels of_images(Labels splits) {
    std::vector<std::int32_t> numbers(splits.classes.size(), -1);
    for (const std::int32_t split : splits.values) {
        if (split >= 0) {
            numbers[static_cast<std::size_t>(split)] = 0;
        }
    }
    std::vector<std::string> kept;
    for (std::size_t split = 0; split < numbers.size(); ++split) {
        if (numbers[split] == 0) {
            numbers[split] = static_cast<std::int32_t>(kept.size());
            kept.push_back(std::move(splits.classes[split]));
        }
    }
    splits.classes = std::move(kept);
    for (std::int32_t& split : splits.values) {
        split = split < 0 ? -1 : numbers[static_cast<std::size_t>(split)];
    }
    return splits;
}

/// Numbers of images that a data set lists.
std::vector<std::int64_t> numbers_in(const h5::Located& at) {
    const std::string where = fmt::format("{}: {}", at.path, at.name);
    const bool set = H5Iget_type(at.object.get()) == H5I_DATASET;
    const h5::Handle type(set ? H5Dget_type(at.object.get()) : H5I_INVALID_HID);
    if (!type.valid() || H5Tget_class(type.get()) != H5T_INTEGER) {
        throw DataError(
            fmt::format("{}: holds no whole numbers; data.split_by with {{split}} in it names a list of the "
                        "numbers of images for each split",
                        where));
    }
    return h5::read_values<std::int64_t>(at.object.get(), H5T_NATIVE_INT64, where);
}

Labels listed_splits(const std::string& path, const DataSpec& spec, const FileIndex& index,
                     const ForeignImages& images) {
    if (!images.doubt.empty()) {
        throw DataError(fmt::format("{}: data.split_by numbers images, but {}", path, images.doubt));
    }
    Labels splits{std::vector<std::int32_t>(static_cast<std::size_t>(index.count), -1), {}, {}, {}};
    for (const SplitSpelling& spelling : kSplitSpellings) {
        const std::string split(spelling.word);
        const std::string name = with_split(spec.split_by, split);
        if (!h5::has_object(images.at.file.get(), name)) {
            continue;
        }
        for (const std::int64_t number : numbers_in(h5::locate(path, name, spec.roots))) {
            if (number < 0 || number >= index.count) {
                throw DataError(fmt::format("{}: {}: holds {}, which is no number of an image, from 0 to {}", path,
                                            name, number, index.count - 1));
            }
            const std::size_t row = static_cast<std::size_t>(number);
            std::int32_t& own = splits.values[row];
            if (own >= 0) {
                throw DataError(fmt::format("{}: {}: holds {}, which stands in a list of split '{}' already", path,
                                            name, number, splits.classes[static_cast<std::size_t>(own)]));
            }
            own = static_cast<std::int32_t>(splits.classes.size());
        }
        splits.classes.push_back(split);
    }
    if (splits.classes.empty()) {
        throw DataError(fmt::format("{}: data.split_by: nothing is called {} with a split in it", path, spec.split_by));
    }
    if (!images.rows.empty()) {
        const std::vector<std::int32_t> of_rows = splits.values;
        for (std::size_t image = 0; image < images.rows.size(); ++image) {
            splits.values[image] = of_rows[images.rows[image]];
        }
    }
    return splits;
}

} // namespace

Labels splits_of_images(const std::string& path, const DataSpec& spec, const std::string& split, FileIndex& index,
                        const ForeignImages& images) {
    const bool file = spec.split_by.find(':') != std::string::npos;
    return of_images(names_split(spec.split_by) && !file
                         ? listed_splits(path, spec, index, images)
                         : named_labels("data.split_by", with_split(spec.split_by, split), path, spec, index, images));
}

std::string unread_lists(const ForeignImages& images, std::int64_t count) {
    constexpr std::array<const char*, 4> kPatterns = {"{split}_idx", "{split}_indices", "{split}_index", "{split}_ids"};
    std::vector<std::string> found;
    std::string pattern;
    for (const std::string one : kPatterns) {
        for (const SplitSpelling& spelling : kSplitSpellings) {
            const std::string name = with_split(one, std::string(spelling.word));
            if (count > 1 && h5::has_object(images.at.file.get(), name)) {
                found.push_back(name);
                pattern = one;
            }
        }
    }
    return found.empty() ? std::string()
                         : fmt::format("'{}' may list the images of splits by number, and {} not read, so that all "
                                       "images are of one split; data.split_by: {} (--split-by) reads them",
                                       fmt::join(found, "', '"), found.size() == 1 ? "is" : "are", yaml_text(pattern));
}

} // namespace tacit::shards
